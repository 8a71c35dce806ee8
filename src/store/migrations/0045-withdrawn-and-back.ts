/** What was taken from access and came back: its history tells of both. */
export const withdrawnAndBack = `
CREATE TABLE grant_returns (
  source TEXT NOT NULL,
  source_id TEXT NOT NULL,
  withdrawn_at_ms INTEGER NOT NULL,
  returned_at_ms INTEGER NOT NULL,
  FOREIGN KEY (source, source_id) REFERENCES grant_parts (source, source_id)
) STRICT;
CREATE INDEX grant_returns_of ON grant_returns (source, source_id);
`
