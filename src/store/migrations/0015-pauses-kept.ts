/** Pauses that are over, and until when the last outage was: what both took is given back once. */
export const pausesKept = `
CREATE TABLE grant_pauses (
  id INTEGER PRIMARY KEY,
  grant_id TEXT NOT NULL REFERENCES grants (id),
  began_at_ms INTEGER NOT NULL,
  ended_at_ms INTEGER NOT NULL CHECK (ended_at_ms > began_at_ms)
) STRICT;
CREATE INDEX grant_pauses_of ON grant_pauses (grant_id);

-- The end of the last outage that was told; the next begins no earlier.
ALTER TABLE router_reach ADD COLUMN down_until_ms INTEGER;
`
