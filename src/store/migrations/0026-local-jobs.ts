/** Cheap local jobs and the others are asked for apart in every commit: neither may have to be looked for among a million of the other. */
export const localJobs = `
ALTER TABLE jobs ADD COLUMN local INTEGER NOT NULL DEFAULT 0 CHECK (local IN (0, 1));
CREATE INDEX jobs_lane ON jobs (pool, local, ord, id, name) WHERE state = 'ready';
`
