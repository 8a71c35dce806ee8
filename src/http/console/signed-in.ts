import type { Context } from 'hono'
import type { ConsolePage } from '../../../portal/console/console-page.ts'

/** What the pages behind the sign-in share. */
export interface SignedIn {
  /** Undefined for one who is not signed in. */
  pageFor(context: Context): ConsolePage | undefined
  signInPage(context: Context, error?: 'signed-out'): Response
  /** The form's fields, when it is one of ours and its sender may do what it asks. */
  formOf(context: Context, page: ConsolePage, roles: readonly string[]): Promise<Record<string, string>>
}
