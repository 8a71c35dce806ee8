/** What a router counts as input; null: what those of the site do. */
export const inputOfRouters = `
ALTER TABLE routers ADD COLUMN input_octets TEXT CHECK (input_octets IN ('upload', 'download'));
`
