/** The same people for every server. */
export interface User {
  username: string
  password: string
  macAddress: string
  grantId: string
}

export const SECRET = 'a-radius-secret'
/** As many routers, each at an address of its own. */
export const ROUTER_ADDRESSES = Array.from({ length: 16 }, (_, at) => `127.0.1.${at + 1}`)

export function userNumber(at: number): User {
  const digits = String(at).padStart(6, '0')
  const hex = at.toString(16).padStart(6, '0').toUpperCase()
  return {
    username: `user${digits}`,
    password: `pass-${digits}`,
    macAddress: `02:00:00:${hex.slice(0, 2)}:${hex.slice(2, 4)}:${hex.slice(4)}`,
    grantId: `00000000-0000-4000-8000-000000${digits}`,
  }
}
