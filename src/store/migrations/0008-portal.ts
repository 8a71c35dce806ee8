/** The portal asks for every page who it is that asks: by network address while online, by device when it comes back. */
export const portal = `
CREATE INDEX sessions_open_by_address ON sessions (framed_ip_address) WHERE stopped_at_ms IS NULL;
`
