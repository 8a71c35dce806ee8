/**
 * From which network address a purchase was asked for, and an access for its device. A router that lists the device with that
 * address vouches for it: nobody else only named it.
 */
export const askedFrom = `
ALTER TABLE payments ADD COLUMN asked_from TEXT;
ALTER TABLE grants ADD COLUMN asked_from TEXT;
`
