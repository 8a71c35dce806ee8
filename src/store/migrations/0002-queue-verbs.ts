/** What operators and far ends may do to the queue: hold jobs back, cancel them, see how they fared. */
export const queueVerbs = `
ALTER TABLE jobs ADD COLUMN held_by TEXT CHECK (held_by IS NULL OR state = 'scheduled');
ALTER TABLE jobs ADD COLUMN target TEXT;
ALTER TABLE jobs ADD COLUMN progress TEXT NOT NULL DEFAULT '{}';
ALTER TABLE jobs ADD COLUMN cancel_asked_at_ms INTEGER;
ALTER TABLE failed_jobs ADD COLUMN progress TEXT NOT NULL DEFAULT '{}';
CREATE INDEX failed_jobs_by_time ON failed_jobs (failed_at_ms);

-- A held job waits for its hold, not for a time.
DROP INDEX jobs_scheduled;
CREATE INDEX jobs_scheduled ON jobs (run_at_ms) WHERE state = 'scheduled' AND held_by IS NULL;
CREATE INDEX jobs_held ON jobs (held_by, ord, id) WHERE held_by IS NOT NULL;

-- Why ready jobs are kept back: their queue is paused, their target is down, or their key has used up its rate.
CREATE TABLE holds (
  key TEXT PRIMARY KEY,
  kind TEXT NOT NULL CHECK (kind IN ('queue', 'target', 'rate')),
  reason TEXT NOT NULL,
  since_ms INTEGER NOT NULL,
  until_ms INTEGER,
  failures INTEGER NOT NULL DEFAULT 0,
  probe_job_id INTEGER,
  lifted INTEGER NOT NULL DEFAULT 0 CHECK (lifted IN (0, 1))
) STRICT, WITHOUT ROWID;
CREATE INDEX holds_due ON holds (until_ms) WHERE until_ms IS NOT NULL;

CREATE TABLE rates (
  key TEXT PRIMARY KEY,
  full_again_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The last jobs that ended well or were cancelled, to be looked at.
CREATE TABLE ended_jobs (
  place INTEGER PRIMARY KEY,
  id INTEGER NOT NULL,
  name TEXT NOT NULL,
  queue TEXT NOT NULL,
  outcome TEXT NOT NULL CHECK (outcome IN ('done', 'cancelled')),
  payload TEXT NOT NULL,
  attempt INTEGER NOT NULL,
  rescues INTEGER NOT NULL,
  errors TEXT NOT NULL,
  created_at_ms INTEGER NOT NULL,
  started_at_ms INTEGER,
  ended_at_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX ended_jobs_by_id ON ended_jobs (id);

-- How the runs of each minute fared; the times as counts per bucket.
DROP TABLE jobs_done;
CREATE TABLE queue_minutes (
  minute_ms INTEGER NOT NULL,
  queue TEXT NOT NULL,
  done INTEGER NOT NULL,
  failed_runs INTEGER NOT NULL,
  other_runs INTEGER NOT NULL,
  waits TEXT NOT NULL,
  runs TEXT NOT NULL,
  PRIMARY KEY (minute_ms, queue)
) STRICT, WITHOUT ROWID;
`
