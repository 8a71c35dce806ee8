/** Who was taken off for another device of the same access; what the day's report asks of head office's messages, without reading them all. */
export const movesAndOddMessages = `
ALTER TABLE sessions ADD COLUMN gave_way_at_ms INTEGER;
CREATE INDEX cloud_inbox_by_outcome ON cloud_inbox (outcome, received_at_ms);
`
