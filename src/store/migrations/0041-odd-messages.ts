/** What the day's report asks of head office's messages is found without reading them all. */
export const oddMessages = `
CREATE INDEX cloud_inbox_by_outcome ON cloud_inbox (outcome, received_at_ms);
`
