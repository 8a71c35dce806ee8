/**
 * From which network address a purchase was asked for, and an access for its device. A router that lists the device with that
 * address vouches for it: nobody else only named it.
 */
export const askedFrom = `
ALTER TABLE payments ADD COLUMN asked_from TEXT;
ALTER TABLE grants ADD COLUMN asked_from TEXT;
-- Where a device is that nobody has named, and since when that is known.
ALTER TABLE grants ADD COLUMN device_at TEXT;
ALTER TABLE grants ADD COLUMN device_at_ms INTEGER;
`
