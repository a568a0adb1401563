import type { ScoredGossipSub } from './gossipHost.js';

/**
 * Tells of each message that a peer sends although it was there already. The library has no event for it: only its scores
 * hear of them, so they are asked first.
 */
export function onDuplicate(
  { score }: Pick<ScoredGossipSub, 'score'>,
  heard: (peer: string) => void,
): void {
  const told = score.duplicateMessage.bind(score);
  score.duplicateMessage = (peer, messageId, topic) => {
    heard(peer);
    told(peer, messageId, topic);
  };
}
