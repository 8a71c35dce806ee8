/** Everything the main job needs: site, flow, billing, access, routers, staff, messages. Money in cents, times in ms UTC. */
export const firstHouse = `
-- site ------------------------------------------------------------------------------------------------------------
CREATE TABLE site (
  only INTEGER PRIMARY KEY CHECK (only = 1),
  id TEXT NOT NULL,
  epoch TEXT NOT NULL,
  token_key BLOB NOT NULL CHECK (length(token_key) = 32),
  created_at_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE boots (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  started_at_ms INTEGER NOT NULL
) STRICT;

-- flow ------------------------------------------------------------------------------------------------------------
CREATE TABLE journal (
  seq INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  type TEXT NOT NULL,
  at_ms INTEGER NOT NULL,
  data TEXT NOT NULL
) STRICT;
CREATE TRIGGER journal_is_final BEFORE UPDATE ON journal BEGIN SELECT RAISE(ABORT, 'a journal entry never changes'); END;

CREATE TABLE cloud_cursor (
  only INTEGER PRIMARY KEY CHECK (only = 1),
  seq INTEGER NOT NULL
) STRICT;

CREATE TABLE jobs (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL,
  queue TEXT NOT NULL,
  pool TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('ready', 'scheduled', 'running')),
  ord INTEGER NOT NULL,
  payload TEXT NOT NULL,
  unique_key TEXT,
  attempt INTEGER NOT NULL DEFAULT 0,
  max_attempts INTEGER NOT NULL CHECK (max_attempts >= 1),
  rescues INTEGER NOT NULL DEFAULT 0,
  offlines INTEGER NOT NULL DEFAULT 0,
  epoch INTEGER NOT NULL DEFAULT 0,
  owner INTEGER,
  run_at_ms INTEGER NOT NULL,
  created_at_ms INTEGER NOT NULL,
  started_at_ms INTEGER,
  errors TEXT NOT NULL DEFAULT '[]',
  CHECK ((state = 'running') = (owner IS NOT NULL))
) STRICT;
CREATE INDEX jobs_ready ON jobs (pool, ord, id) WHERE state = 'ready';
CREATE INDEX jobs_scheduled ON jobs (run_at_ms) WHERE state = 'scheduled';
-- How many jobs were done in each minute.
CREATE TABLE jobs_done (
  minute_ms INTEGER PRIMARY KEY,
  done INTEGER NOT NULL
) STRICT;

CREATE INDEX jobs_running ON jobs (pool) WHERE state = 'running';
CREATE UNIQUE INDEX jobs_unique ON jobs (unique_key) WHERE unique_key IS NOT NULL;

CREATE TABLE failed_jobs (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  queue TEXT NOT NULL,
  payload TEXT NOT NULL,
  unique_key TEXT,
  attempt INTEGER NOT NULL,
  rescues INTEGER NOT NULL,
  epoch INTEGER NOT NULL,
  reason TEXT NOT NULL,
  errors TEXT NOT NULL,
  created_at_ms INTEGER NOT NULL,
  failed_at_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX failed_jobs_by_queue ON failed_jobs (queue, id);

CREATE TABLE schedules (
  name TEXT PRIMARY KEY,
  last_slot_ms INTEGER NOT NULL
) STRICT;

-- routers ---------------------------------------------------------------------------------------------------------
CREATE TABLE routers (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL UNIQUE,
  address TEXT UNIQUE,
  api_port INTEGER NOT NULL CHECK (api_port BETWEEN 1 AND 65535),
  api_tls INTEGER NOT NULL CHECK (api_tls IN (0, 1)),
  api_username TEXT NOT NULL,
  api_password TEXT NOT NULL,
  radius_secret TEXT NOT NULL CHECK (length(radius_secret) >= 8),
  coa_port INTEGER NOT NULL CHECK (coa_port BETWEEN 1 AND 65535),
  access_mode TEXT NOT NULL CHECK (access_mode IN ('radius', 'local')),
  status TEXT NOT NULL CHECK (status IN ('pending', 'adopted', 'failed')),
  adopt_token_hash BLOB UNIQUE,
  adopt_expires_at_ms INTEGER,
  adopted_at_ms INTEGER,
  model TEXT,
  version TEXT,
  serial TEXT,
  created_at_ms INTEGER NOT NULL
) STRICT;

-- billing ---------------------------------------------------------------------------------------------------------
CREATE TABLE packages (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL UNIQUE,
  description TEXT NOT NULL DEFAULT '',
  type TEXT NOT NULL CHECK (type IN ('hotspot', 'pppoe')),
  price_cents INTEGER NOT NULL CHECK (price_cents > 0 AND price_cents % 100 = 0),
  currency TEXT NOT NULL,
  duration_seconds INTEGER NOT NULL CHECK (duration_seconds > 0),
  data_limit_bytes INTEGER CHECK (data_limit_bytes > 0),
  down_kbps INTEGER CHECK (down_kbps > 0),
  up_kbps INTEGER CHECK (up_kbps > 0),
  device_limit INTEGER NOT NULL DEFAULT 1 CHECK (device_limit > 0),
  active INTEGER NOT NULL DEFAULT 1 CHECK (active IN (0, 1)),
  hidden INTEGER NOT NULL DEFAULT 0 CHECK (hidden IN (0, 1)),
  created_at_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE payments (
  id TEXT PRIMARY KEY,
  client_key TEXT UNIQUE,
  package_id INTEGER NOT NULL REFERENCES packages (id),
  router_id INTEGER REFERENCES routers (id) ON DELETE SET NULL,
  phone_number TEXT CHECK (phone_number GLOB '254[17]????????'),
  phone_sha256 BLOB CHECK (length(phone_sha256) = 32),
  mac_address TEXT CHECK (length(mac_address) = 17),
  amount_cents INTEGER NOT NULL CHECK (amount_cents > 0 AND amount_cents % 100 = 0),
  currency TEXT NOT NULL,
  state TEXT NOT NULL DEFAULT 'CREATED',
  state_seq INTEGER NOT NULL DEFAULT 0,
  verified_by TEXT,
  failure_code TEXT,
  retry_at_ms INTEGER,
  created_at_ms INTEGER NOT NULL,
  updated_at_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX payments_by_time ON payments (created_at_ms);
CREATE INDEX payments_by_phone ON payments (phone_number, created_at_ms);
CREATE INDEX payments_interrupted ON payments (state) WHERE state = 'SUBMITTING';
CREATE INDEX payments_by_device ON payments (mac_address, created_at_ms) WHERE mac_address IS NOT NULL;

CREATE TABLE payment_moves (from_state TEXT NOT NULL, to_state TEXT NOT NULL, PRIMARY KEY (from_state, to_state)) STRICT, WITHOUT ROWID;
INSERT INTO payment_moves VALUES
  ('CREATED', 'SUBMITTING'), ('CREATED', 'CLOSED_UNPAID'),
  ('SUBMITTING', 'PROMPTED'), ('SUBMITTING', 'REJECTED'), ('SUBMITTING', 'UNCERTAIN'),
  ('SUBMITTING', 'PAID'), ('SUBMITTING', 'REVIEW'), ('SUBMITTING', 'DECLINED'), ('SUBMITTING', 'EXPIRED'),
  ('PROMPTED', 'PAID'), ('PROMPTED', 'REVIEW'), ('PROMPTED', 'DECLINED'), ('PROMPTED', 'EXPIRED'),
  ('UNCERTAIN', 'PAID'), ('UNCERTAIN', 'REVIEW'), ('UNCERTAIN', 'DECLINED'), ('UNCERTAIN', 'EXPIRED'),
  ('REJECTED', 'SUBMITTING'), ('REJECTED', 'PAID'), ('REJECTED', 'REVIEW'), ('REJECTED', 'CLOSED_UNPAID'),
  ('DECLINED', 'SUBMITTING'), ('DECLINED', 'PAID'), ('DECLINED', 'REVIEW'), ('DECLINED', 'CLOSED_UNPAID'),
  ('EXPIRED', 'SUBMITTING'), ('EXPIRED', 'PAID'), ('EXPIRED', 'REVIEW'), ('EXPIRED', 'CLOSED_UNPAID'),
  ('CLOSED_UNPAID', 'PAID'), ('CLOSED_UNPAID', 'REVIEW'),
  ('REVIEW', 'PAID'), ('REVIEW', 'REFUND_PENDING'), ('REVIEW', 'CLOSED_UNPAID'),
  ('PAID', 'FULFILLED'), ('PAID', 'REFUND_PENDING'), ('FULFILLED', 'REFUND_PENDING'),
  ('REFUND_PENDING', 'REFUNDED'), ('REFUND_PENDING', 'REVIEW'), ('REFUND_PENDING', 'REFUND_UNCERTAIN'),
  ('REFUND_UNCERTAIN', 'REFUNDED'), ('REFUND_UNCERTAIN', 'REFUND_PENDING'), ('REFUND_UNCERTAIN', 'REVIEW');
CREATE TRIGGER payments_start_created BEFORE INSERT ON payments WHEN new.state <> 'CREATED'
BEGIN SELECT RAISE(ABORT, 'a payment starts as CREATED'); END;
CREATE TRIGGER payments_move_as_allowed BEFORE UPDATE OF state ON payments
WHEN new.state <> old.state AND NOT EXISTS (SELECT 1 FROM payment_moves WHERE from_state = old.state AND to_state = new.state)
BEGIN SELECT RAISE(ABORT, 'this payment may not move that way'); END;
CREATE TRIGGER payments_paid_needs_receipt BEFORE UPDATE OF state ON payments
WHEN new.state = 'PAID' AND NOT EXISTS (SELECT 1 FROM receipts WHERE payment_id = new.id)
BEGIN SELECT RAISE(ABORT, 'a payment is paid only with a receipt'); END;
CREATE TRIGGER payments_price_is_final BEFORE UPDATE OF amount_cents, package_id, phone_number ON payments
BEGIN SELECT RAISE(ABORT, 'what was asked for never changes'); END;

CREATE TABLE payment_attempts (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  payment_id TEXT NOT NULL REFERENCES payments (id),
  number INTEGER NOT NULL CHECK (number >= 1),
  account_ref TEXT NOT NULL UNIQUE CHECK (length(account_ref) BETWEEN 1 AND 12),
  callback_token_hash BLOB NOT NULL UNIQUE CHECK (length(callback_token_hash) = 32),
  merchant_request_id TEXT UNIQUE,
  checkout_request_id TEXT UNIQUE,
  outcome TEXT NOT NULL DEFAULT 'open' CHECK (outcome IN ('open', 'refused', 'lost', 'declined', 'expired', 'paid')),
  started_at_ms INTEGER NOT NULL,
  UNIQUE (payment_id, number)
) STRICT;
CREATE UNIQUE INDEX one_open_attempt ON payment_attempts (payment_id) WHERE outcome = 'open';

CREATE TABLE callback_inbox (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  attempt_id INTEGER NOT NULL REFERENCES payment_attempts (id),
  body_sha256 BLOB NOT NULL CHECK (length(body_sha256) = 32),
  body TEXT NOT NULL,
  source_address TEXT NOT NULL,
  received_at_ms INTEGER NOT NULL,
  repeats INTEGER NOT NULL DEFAULT 0,
  outcome TEXT NOT NULL,
  UNIQUE (attempt_id, body_sha256)
) STRICT;

CREATE TABLE receipts (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  receipt TEXT UNIQUE,
  checkout_request_id TEXT UNIQUE,
  payment_id TEXT REFERENCES payments (id),
  channel TEXT NOT NULL CHECK (channel IN ('stk_callback', 'stk_query', 'c2b', 'pull', 'status', 'statement', 'manual')),
  amount_cents INTEGER NOT NULL CHECK (amount_cents > 0),
  payer_phone TEXT,
  paid_at_ms INTEGER,
  arrived_at_ms INTEGER NOT NULL,
  CHECK (receipt IS NOT NULL OR checkout_request_id IS NOT NULL)
) STRICT;
-- One payment is credited by one receipt; a second receipt for it stays unallocated.
CREATE UNIQUE INDEX one_receipt_per_payment ON receipts (payment_id) WHERE payment_id IS NOT NULL;
CREATE TRIGGER receipts_pay_once BEFORE UPDATE OF payment_id ON receipts WHEN old.payment_id IS NOT NULL AND new.payment_id IS NOT old.payment_id
BEGIN SELECT RAISE(ABORT, 'this receipt has been used'); END;
CREATE TRIGGER receipts_pay_exactly BEFORE INSERT ON receipts
WHEN new.payment_id IS NOT NULL AND new.amount_cents IS NOT (SELECT amount_cents FROM payments WHERE id = new.payment_id)
BEGIN SELECT RAISE(ABORT, 'a payment is paid with exactly its price'); END;
CREATE TRIGGER receipts_pay_exactly_later BEFORE UPDATE OF payment_id ON receipts
WHEN new.payment_id IS NOT NULL AND new.amount_cents IS NOT (SELECT amount_cents FROM payments WHERE id = new.payment_id)
BEGIN SELECT RAISE(ABORT, 'a payment is paid with exactly its price'); END;
CREATE TRIGGER receipts_keep BEFORE UPDATE OF receipt, checkout_request_id, amount_cents ON receipts
WHEN coalesce(old.receipt, new.receipt) IS NOT new.receipt OR coalesce(old.checkout_request_id, new.checkout_request_id) IS NOT new.checkout_request_id
  OR old.amount_cents <> new.amount_cents
BEGIN SELECT RAISE(ABORT, 'money that came never changes'); END;
CREATE TRIGGER receipts_stay BEFORE DELETE ON receipts BEGIN SELECT RAISE(ABORT, 'a receipt is never deleted'); END;

CREATE TABLE payment_history (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  payment_id TEXT NOT NULL REFERENCES payments (id),
  event TEXT NOT NULL,
  from_state TEXT NOT NULL,
  to_state TEXT NOT NULL,
  detail TEXT NOT NULL,
  at_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX payment_history_of ON payment_history (payment_id, id);
CREATE TRIGGER payment_history_keeps BEFORE UPDATE ON payment_history BEGIN SELECT RAISE(ABORT, 'history never changes'); END;
CREATE TRIGGER payment_history_stays BEFORE DELETE ON payment_history BEGIN SELECT RAISE(ABORT, 'history is never deleted'); END;

CREATE TABLE voucher_batches (
  id TEXT PRIMARY KEY,
  package_id INTEGER NOT NULL REFERENCES packages (id),
  note TEXT NOT NULL DEFAULT '',
  expires_at_ms INTEGER,
  created_at_ms INTEGER NOT NULL
) STRICT;
CREATE TABLE vouchers (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  batch_id TEXT NOT NULL REFERENCES voucher_batches (id),
  code TEXT NOT NULL UNIQUE,
  state TEXT NOT NULL DEFAULT 'unused' CHECK (state IN ('unused', 'redeemed', 'revoked')),
  redeemed_at_ms INTEGER,
  grant_id TEXT UNIQUE,
  CHECK ((state = 'redeemed') = (grant_id IS NOT NULL))
) STRICT;
CREATE INDEX vouchers_of_batch ON vouchers (batch_id, id);

-- access ----------------------------------------------------------------------------------------------------------
CREATE TABLE grants (
  id TEXT PRIMARY KEY,
  source TEXT NOT NULL CHECK (source IN ('payment', 'voucher', 'operator')),
  source_id TEXT NOT NULL,
  username TEXT NOT NULL UNIQUE,
  password TEXT NOT NULL,
  package_id INTEGER NOT NULL REFERENCES packages (id),
  package_name TEXT NOT NULL,
  data_limit_bytes INTEGER,
  down_kbps INTEGER,
  up_kbps INTEGER,
  device_limit INTEGER NOT NULL,
  phone_number TEXT,
  mac_address TEXT,
  router_id INTEGER REFERENCES routers (id) ON DELETE SET NULL,
  starts_at_ms INTEGER NOT NULL,
  expires_at_ms INTEGER NOT NULL,
  used_bytes INTEGER NOT NULL DEFAULT 0,
  ended_at_ms INTEGER,
  end_reason TEXT CHECK (end_reason IN ('time-used', 'data-used', 'revoked')),
  user_created_at_ms INTEGER,
  online_at_ms INTEGER,
  UNIQUE (source, source_id),
  CHECK (expires_at_ms > starts_at_ms),
  CHECK ((ended_at_ms IS NULL) = (end_reason IS NULL))
) STRICT;
CREATE INDEX grants_running ON grants (expires_at_ms) WHERE ended_at_ms IS NULL;
CREATE INDEX grants_by_device ON grants (mac_address, expires_at_ms) WHERE mac_address IS NOT NULL;

CREATE TABLE sessions (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  unique_key TEXT NOT NULL UNIQUE,
  grant_id TEXT REFERENCES grants (id),
  router_id INTEGER NOT NULL REFERENCES routers (id) ON DELETE CASCADE,
  username TEXT NOT NULL,
  acct_session_id TEXT NOT NULL,
  mac_address TEXT,
  framed_ip_address TEXT,
  input_bytes INTEGER NOT NULL DEFAULT 0,
  output_bytes INTEGER NOT NULL DEFAULT 0,
  session_seconds INTEGER NOT NULL DEFAULT 0,
  started_at_ms INTEGER NOT NULL,
  updated_at_ms INTEGER NOT NULL,
  stopped_at_ms INTEGER,
  stop_reason TEXT,
  CHECK ((stopped_at_ms IS NULL) = (stop_reason IS NULL))
) STRICT;
CREATE INDEX sessions_of_grant ON sessions (grant_id);
CREATE INDEX sessions_open ON sessions (grant_id) WHERE stopped_at_ms IS NULL;
CREATE INDEX sessions_open_by_router ON sessions (router_id) WHERE stopped_at_ms IS NULL;

CREATE TABLE messages (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  dedupe_key TEXT NOT NULL UNIQUE,
  -- None: a voucher for somebody else.
  grant_id TEXT REFERENCES grants (id),
  phone_number TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('sending', 'uncertain', 'sent', 'delivered', 'failed')),
  sends INTEGER NOT NULL DEFAULT 1,
  provider_id TEXT,
  detail TEXT,
  updated_at_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX messages_by_provider_id ON messages (provider_id) WHERE provider_id IS NOT NULL;
CREATE INDEX messages_unsettled ON messages (phone_number) WHERE state IN ('sending', 'uncertain');

-- staff -----------------------------------------------------------------------------------------------------------
CREATE TABLE operators (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  username TEXT NOT NULL UNIQUE,
  password_hash TEXT NOT NULL,
  role TEXT NOT NULL CHECK (role IN ('admin', 'cashier', 'viewer')),
  failed_sign_ins INTEGER NOT NULL DEFAULT 0,
  suspended_until_ms INTEGER,
  created_at_ms INTEGER NOT NULL
) STRICT;
CREATE TABLE operator_sessions (
  token_hash BLOB PRIMARY KEY CHECK (length(token_hash) = 32),
  operator_id INTEGER NOT NULL REFERENCES operators (id) ON DELETE CASCADE,
  expires_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE api_tokens (
  token_hash BLOB PRIMARY KEY CHECK (length(token_hash) = 32),
  name TEXT NOT NULL,
  role TEXT NOT NULL CHECK (role IN ('admin', 'cashier', 'viewer')),
  created_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE audit (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  actor TEXT NOT NULL,
  action TEXT NOT NULL,
  subject TEXT NOT NULL,
  at_ms INTEGER NOT NULL
) STRICT;
CREATE TRIGGER audit_keeps BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit never changes'); END;
CREATE TRIGGER audit_stays BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit is never deleted'); END;
`
