/** Lists of jobs that read only what they give, and what routers count that know their users themselves. */
export const upkeep = `
-- Waiting jobs by queue; name at the end lets a list of one kind pass over the others without reading them.
DROP INDEX jobs_ready;
CREATE INDEX jobs_ready ON jobs (queue, ord, id, name) WHERE state = 'ready';
DROP INDEX jobs_scheduled;
CREATE INDEX jobs_scheduled ON jobs (queue, run_at_ms, id, name) WHERE state = 'scheduled' AND held_by IS NULL;
CREATE INDEX jobs_held_back ON jobs (queue, ord, id, name) WHERE held_by IS NOT NULL;
DROP INDEX failed_jobs_by_queue;
CREATE INDEX failed_jobs_by_queue ON failed_jobs (queue, id, name);

-- Where a router's own counters of a user stood when last looked at, and how much of them is in its grant's use.
CREATE TABLE local_usage (
  grant_id TEXT NOT NULL REFERENCES grants (id),
  router_id INTEGER NOT NULL REFERENCES routers (id) ON DELETE CASCADE,
  counted_bytes INTEGER NOT NULL CHECK (counted_bytes >= 0),
  user_bytes INTEGER NOT NULL,
  online_bytes INTEGER NOT NULL,
  PRIMARY KEY (grant_id, router_id)
) STRICT, WITHOUT ROWID;
`
