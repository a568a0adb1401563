/**
 * What a stage answers when it is pulled: a value, `outOfData` when all stages before it are empty until the next L1
 * block, or `again` when it made progress and must be pulled again before that can be said.
 */
export type Pull<T> = T | 'outOfData' | 'again';
