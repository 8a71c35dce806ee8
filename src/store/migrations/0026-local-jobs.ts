/** Cheap local jobs are asked for in every commit: among a million others they must not be looked for. */
export const localJobs = `
ALTER TABLE jobs ADD COLUMN local INTEGER NOT NULL DEFAULT 0 CHECK (local IN (0, 1));
CREATE INDEX jobs_local ON jobs (pool, ord, id) WHERE state = 'ready' AND local = 1;
`
