/** Clocks that run only online: at routers that know their users themselves, and beside outages. */
export const clocksOnline = `
-- When such a router last showed a customer online; null since a look that did not find them.
ALTER TABLE local_usage ADD COLUMN online_at_ms INTEGER;

-- So much of what an outage gave back a pause gives back instead: it turned out later that the clock stood still meanwhile.
CREATE TABLE outage_credits_paused (
  outage_id INTEGER NOT NULL,
  grant_id TEXT NOT NULL,
  seconds INTEGER NOT NULL CHECK (seconds >= 0),
  PRIMARY KEY (grant_id, outage_id),
  FOREIGN KEY (outage_id, grant_id) REFERENCES outage_credits (outage_id, grant_id)
) STRICT, WITHOUT ROWID;
`
