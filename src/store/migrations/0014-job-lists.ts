/**
 * Waiting jobs by queue: listed, counted and claimed without looking at any that are not asked for. `name` at the end lets a
 * list of one kind pass over the others without reading them.
 */
export const jobLists = `
DROP INDEX jobs_ready;
CREATE INDEX jobs_ready ON jobs (queue, ord, id, name) WHERE state = 'ready';
DROP INDEX jobs_scheduled;
CREATE INDEX jobs_scheduled ON jobs (queue, run_at_ms, id, name) WHERE state = 'scheduled' AND held_by IS NULL;
CREATE INDEX jobs_held_back ON jobs (queue, ord, id, name) WHERE held_by IS NOT NULL;
DROP INDEX failed_jobs_by_queue;
CREATE INDEX failed_jobs_by_queue ON failed_jobs (queue, id, name);
`
