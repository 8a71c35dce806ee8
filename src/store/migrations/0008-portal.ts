/** The portal asks for every page who it is that asks: a device that is online is known by its network address. */
export const portal = `
CREATE INDEX sessions_open_by_address ON sessions (framed_ip_address) WHERE stopped_at_ms IS NULL;
`
