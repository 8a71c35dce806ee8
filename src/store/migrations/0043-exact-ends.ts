/** What is taken from access, or cut off it, beyond what its end can show: so that all of that comes back when it should. */
export const exactEnds = `
-- So much more was withdrawn than was left: what comes back first makes up for it.
ALTER TABLE grants ADD COLUMN owed_ms INTEGER NOT NULL DEFAULT 0 CHECK (owed_ms >= 0);
-- So much later it would end but for the time to use it. It was kept with its pauses, which are forgotten.
ALTER TABLE grants ADD COLUMN cut_ms INTEGER NOT NULL DEFAULT 0 CHECK (cut_ms >= 0);
-- What was bought since may be used in full, and what was taken away since came off the end that is left: that is cut no longer.
UPDATE grants SET cut_ms = (SELECT coalesce(sum(cut_ms), 0) FROM grant_pauses WHERE grant_id = grants.id
    AND ended_at_ms > (SELECT coalesce(max(given_at_ms), 0) FROM grant_parts WHERE grant_id = grants.id))
  WHERE expires_at_ms = use_before_ms AND id IN (SELECT grant_id FROM grant_pauses WHERE cut_ms > 0);
ALTER TABLE grant_pauses DROP COLUMN cut_ms;
`
