/** An outage that goes on over a start of the daemon is by two clocks: each of its ends follows its own. */
export const outagesOverAStart = `
ALTER TABLE outages ADD COLUMN end_moved_ms INTEGER NOT NULL DEFAULT 0;
UPDATE outages SET end_moved_ms = moved_ms;
`
