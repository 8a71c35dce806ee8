/** By how much later access would end but for the time to use it, so that a pause that turns out to have been shorter still counts right. */
export const cutPauses = `
ALTER TABLE grant_pauses ADD COLUMN cut_ms INTEGER NOT NULL DEFAULT 0 CHECK (cut_ms >= 0);
`
