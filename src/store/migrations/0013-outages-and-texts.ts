/** Time without the network, and what grants got back for it; the language in which a phone is written to; what others say of the clock. */
export const outagesAndTexts = `
-- Since when the devices behind it have no Internet, and why; null: they have.
ALTER TABLE router_reach ADD COLUMN down_since_ms INTEGER;
ALTER TABLE router_reach ADD COLUMN down_reason TEXT CHECK (down_reason IN ('router', 'uplink'));
-- Null until it was seen once: a router that never had an uplink has not lost it.
ALTER TABLE router_reach ADD COLUMN uplink TEXT CHECK (uplink IN ('up', 'down'));

CREATE TABLE outages (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  router_id INTEGER NOT NULL,
  reason TEXT NOT NULL CHECK (reason IN ('router', 'uplink')),
  began_at_ms INTEGER NOT NULL,
  ended_at_ms INTEGER NOT NULL CHECK (ended_at_ms > began_at_ms),
  UNIQUE (router_id, began_at_ms)
) STRICT;
-- Each outage gives a grant its time back once. 0: it had nothing to get back.
CREATE TABLE outage_credits (
  outage_id INTEGER NOT NULL REFERENCES outages (id),
  grant_id TEXT NOT NULL REFERENCES grants (id),
  seconds INTEGER NOT NULL CHECK (seconds >= 0),
  at_ms INTEGER NOT NULL,
  PRIMARY KEY (outage_id, grant_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX outage_credits_of ON outage_credits (grant_id) WHERE seconds > 0;
CREATE TRIGGER outage_credits_keep BEFORE UPDATE ON outage_credits BEGIN SELECT RAISE(ABORT, 'what was given back never changes'); END;
CREATE TRIGGER outage_credits_stay BEFORE DELETE ON outage_credits BEGIN SELECT RAISE(ABORT, 'what was given back is never forgotten'); END;
CREATE INDEX grants_by_end ON grants (expires_at_ms);

-- The last word of each on how far the machine's clock is off.
CREATE TABLE clock_evidence (
  teller TEXT PRIMARY KEY CHECK (teller IN ('router', 'cloud', 'http')),
  offset_ms INTEGER NOT NULL,
  error_ms INTEGER NOT NULL CHECK (error_ms >= 0),
  at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE phone_languages (
  phone_number TEXT PRIMARY KEY CHECK (phone_number GLOB '254[17]????????'),
  language TEXT NOT NULL CHECK (language IN ('en', 'sw'))
) STRICT, WITHOUT ROWID;
`
