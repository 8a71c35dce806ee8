import type { ServletAnswer } from './servlet-page.ts'

const html = 'text/html; charset=utf-8'
const plain = 'text/plain'
const APPLE = '<HTML><HEAD><TITLE>Success</TITLE></HEAD><BODY>Success</BODY></HTML>'

/** What the vendors' hosts answer to a device that asks whether it is online. */
const PROBES: Readonly<Record<string, ServletAnswer>> = {
  '/hotspot-detect.html': { status: 200, headers: { 'Content-Type': html }, body: APPLE },
  '/library/test/success.html': { status: 200, headers: { 'Content-Type': html }, body: APPLE },
  '/generate_204': { status: 204, headers: {}, body: '' },
  '/gen_204': { status: 204, headers: {}, body: '' },
  '/connecttest.txt': { status: 200, headers: { 'Content-Type': plain }, body: 'Microsoft Connect Test' },
  '/ncsi.txt': { status: 200, headers: { 'Content-Type': plain }, body: 'Microsoft NCSI' },
  '/success.txt': { status: 200, headers: { 'Content-Type': plain }, body: 'success\n' },
  '/check_network_status.txt': { status: 200, headers: { 'Content-Type': plain }, body: 'NetworkManager is online\n' },
}

/** The Internet behind the simulated router, for a phone that is in: the probes answer as theirs do, the rest is a page. */
export function internetAnswer({ host, pathname }: URL): ServletAnswer {
  const body = `<!doctype html><meta charset="utf-8"><title>${host}</title><p>The Internet</p>`
  return PROBES[pathname] ?? { status: 200, headers: { 'Content-Type': html }, body }
}
