/** What is known of the routers, what hangs on them, and how far they are provisioned. Times in ms UTC, sizes in bytes. */
export const routerFleet = `
ALTER TABLE routers ADD COLUMN certificate_pem TEXT;
ALTER TABLE routers ADD COLUMN script_token_hash BLOB;
ALTER TABLE routers ADD COLUMN script_expires_at_ms INTEGER;
CREATE UNIQUE INDEX routers_by_script_token ON routers (script_token_hash) WHERE script_token_hash IS NOT NULL;

-- How each router was found last; kept apart from how far it is provisioned.
CREATE TABLE router_reach (
  router_id INTEGER PRIMARY KEY REFERENCES routers (id) ON DELETE CASCADE,
  online INTEGER NOT NULL CHECK (online IN (0, 1)),
  reason TEXT,
  uptime_seconds INTEGER,
  checked_at_ms INTEGER NOT NULL,
  changed_at_ms INTEGER NOT NULL,
  seen_at_ms INTEGER,
  CHECK ((online = 1) = (reason IS NULL))
) STRICT;

-- Getting to know a router after it was registered or has called home. findings and advice are JSON.
CREATE TABLE router_probes (
  router_id INTEGER PRIMARY KEY REFERENCES routers (id) ON DELETE CASCADE,
  state TEXT NOT NULL CHECK (state IN ('looking', 'found', 'given-up')),
  reason TEXT,
  findings TEXT,
  advice TEXT NOT NULL DEFAULT '[]',
  started_at_ms INTEGER NOT NULL,
  ended_at_ms INTEGER,
  CHECK ((state = 'looking') = (ended_at_ms IS NULL)),
  CHECK (state <> 'found' OR findings IS NOT NULL)
) STRICT;

-- For charts: one row per router and five minutes. The uplink is the interface with the default route.
CREATE TABLE router_samples (
  router_id INTEGER NOT NULL REFERENCES routers (id) ON DELETE CASCADE,
  at_ms INTEGER NOT NULL,
  cpu_percent INTEGER,
  used_memory_bytes INTEGER,
  total_memory_bytes INTEGER,
  active_users INTEGER NOT NULL,
  leases INTEGER NOT NULL,
  uplink TEXT,
  uplink_rx_bytes INTEGER,
  uplink_tx_bytes INTEGER,
  PRIMARY KEY (router_id, at_ms)
) STRICT, WITHOUT ROWID;

CREATE TABLE access_points (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  router_id INTEGER NOT NULL REFERENCES routers (id) ON DELETE CASCADE,
  key TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('own', 'managed', 'neighbor')),
  name TEXT NOT NULL,
  model TEXT,
  version TEXT,
  address TEXT,
  online INTEGER NOT NULL CHECK (online IN (0, 1)),
  clients INTEGER,
  signal_dbm INTEGER,
  seen_at_ms INTEGER NOT NULL,
  changed_at_ms INTEGER NOT NULL,
  UNIQUE (router_id, key)
) STRICT;

-- router_id is null for the peers of the appliance itself.
CREATE TABLE vpn_peers (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  router_id INTEGER REFERENCES routers (id) ON DELETE CASCADE,
  interface TEXT NOT NULL,
  public_key TEXT NOT NULL,
  name TEXT,
  endpoint TEXT,
  online INTEGER NOT NULL CHECK (online IN (0, 1)),
  handshake_at_ms INTEGER,
  rx_bytes INTEGER NOT NULL,
  tx_bytes INTEGER NOT NULL,
  seen_at_ms INTEGER NOT NULL,
  changed_at_ms INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX vpn_peer_once ON vpn_peers (coalesce(router_id, 0), interface, public_key);

-- What was done last to make a router be as wanted. plan and steps are JSON.
CREATE TABLE provisionings (
  router_id INTEGER PRIMARY KEY REFERENCES routers (id) ON DELETE CASCADE,
  why TEXT NOT NULL CHECK (why IN ('asked', 'adopted', 'reconnected', 'rebooted', 'daily')),
  dry_run INTEGER NOT NULL CHECK (dry_run IN (0, 1)),
  state TEXT NOT NULL CHECK (state IN ('running', 'completed', 'failed')),
  stage TEXT NOT NULL,
  percent INTEGER NOT NULL CHECK (percent BETWEEN 0 AND 100),
  message TEXT NOT NULL,
  steps TEXT NOT NULL DEFAULT '[]',
  started_at_ms INTEGER NOT NULL,
  ended_at_ms INTEGER,
  CHECK ((state = 'running') = (ended_at_ms IS NULL))
) STRICT;

-- Which services a router gives, and from when on we keep it as wanted. wanted is JSON: what an operator chose.
CREATE TABLE router_wishes (
  router_id INTEGER PRIMARY KEY REFERENCES routers (id) ON DELETE CASCADE,
  wanted TEXT NOT NULL,
  provisioned_at_ms INTEGER
) STRICT;
`
