/** One index for all who ask for ready jobs, and one that answers by itself what runs: each index is a page more in every commit. */
export const readyJobs = `
DROP INDEX jobs_lane;
DROP INDEX jobs_ready;
CREATE INDEX jobs_ready ON jobs (queue, local, ord, id, name) WHERE state = 'ready';
DROP INDEX jobs_running;
CREATE INDEX jobs_running ON jobs (pool, local, name) WHERE state = 'running';
`
