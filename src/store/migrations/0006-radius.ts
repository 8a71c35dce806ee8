/** What RADIUS says beyond time, data and speed; how sessions were ended; what of a grant's use has been told. */
export const radiusTerms = `
-- Terms of one grant on the network. No row: none of them.
CREATE TABLE grant_terms (
  grant_id TEXT PRIMARY KEY REFERENCES grants (id) ON DELETE CASCADE,
  burst_down_kbps INTEGER CHECK (burst_down_kbps > 0),
  burst_up_kbps INTEGER CHECK (burst_up_kbps > 0),
  burst_seconds INTEGER CHECK (burst_seconds > 0),
  idle_timeout_seconds INTEGER CHECK (idle_timeout_seconds > 0),
  framed_ip_address TEXT,
  framed_pool TEXT,
  router_group TEXT,
  address_list TEXT,
  fair_use_bytes INTEGER CHECK (fair_use_bytes > 0),
  fair_use_down_kbps INTEGER CHECK (fair_use_down_kbps > 0),
  fair_use_up_kbps INTEGER CHECK (fair_use_up_kbps > 0),
  throttled_at_ms INTEGER,
  CHECK (fair_use_bytes IS NULL OR fair_use_down_kbps IS NOT NULL OR fair_use_up_kbps IS NOT NULL)
) STRICT, WITHOUT ROWID;

CREATE TABLE grant_usage_told (
  grant_id TEXT PRIMARY KEY REFERENCES grants (id) ON DELETE CASCADE,
  used_bytes INTEGER NOT NULL,
  at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What came of asking a router to end it; the session itself ends with the router's word.
ALTER TABLE sessions ADD COLUMN end_outcome TEXT;
ALTER TABLE sessions ADD COLUMN end_asked_at_ms INTEGER;
CREATE INDEX sessions_by_device ON sessions (mac_address, id) WHERE mac_address IS NOT NULL;
CREATE INDEX sessions_open_by_device ON sessions (mac_address) WHERE stopped_at_ms IS NULL AND mac_address IS NOT NULL;
CREATE INDEX sessions_open_by_update ON sessions (updated_at_ms) WHERE stopped_at_ms IS NULL;
`
