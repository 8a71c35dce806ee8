import type { RouterSettings } from '../router-settings.ts'
import type { Host } from './hosts.ts'
import type { Hotspot } from './hotspot.ts'

export interface LoginForm {
  username: string
  password: string
  /** Default PAP, as the form of an external portal sends it. */
  method?: 'pap' | 'chap'
}

/** `error` is what the router's login page would show. */
export type FormResult = { ok: true } | { ok: false; error: string }

/** The phone sends in the router's own login form. */
export async function logInByForm(
  { hotspot, settings }: { hotspot: Hotspot; settings: RouterSettings },
  phone: Host,
  { username, password, method = 'pap' }: LoginForm,
): Promise<FormResult> {
  if (!settings.loginMethods().includes(`http-${method}`)) {
    return { ok: false, error: 'web browser did not send challenge response (try again, enable JavaScript)' }
  }
  const result = await hotspot.logIn(phone, { username, password, method, by: 'form' })
  // Whoever is in already is shown the status page.
  const isIn = result.outcome === 'online' || result.outcome === 'already-online'
  return isIn ? { ok: true } : { ok: false, error: result.error }
}
