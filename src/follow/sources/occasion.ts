/**
 * Why the sources are looked at: because the time has come, or because one of them has pushed something or has stopped to.
 * What is counted in polls in a row (a change of the source, an answer that is repeated) goes by the time alone: a source that
 * pushes often must not be judged sooner than one that is polled.
 */
export type Occasion = 'timed' | 'pushed';
