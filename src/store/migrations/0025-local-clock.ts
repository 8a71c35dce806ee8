/** When a router that knows its users itself last showed a customer online; null since a look that did not find them. */
export const localClock = `
ALTER TABLE local_usage ADD COLUMN online_at_ms INTEGER;
`
