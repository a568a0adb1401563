/**
 * For every TCP connection to others: what one address of a name that has several may take, as long as there is another.
 * Then Node.js gives it up and tries that. Its own quarter of a second is less than a far server takes, or one whose first
 * packet is lost and sent again a second later.
 */
export const ADDRESS_ATTEMPTS = { autoSelectFamilyAttemptTimeout: 2_000 } as const;
