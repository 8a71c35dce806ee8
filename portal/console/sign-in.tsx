import { Door } from '../door.tsx'
import { ConsoleDocument } from './layout.tsx'

export interface SignInPageProps {
  siteName: string
  csrf: string
  /** As typed, after an error. */
  username?: string | undefined
  error?: 'wrong' | 'locked' | 'signed-out' | undefined
}

const errorTexts = {
  wrong: 'Username or password is not right.',
  locked: 'Too many wrong tries. This account is locked for 30 minutes.',
  'signed-out': 'You were signed out. Sign in again.',
}

/** The door to the console. */
export function SignInPage({ siteName, csrf, username, error }: SignInPageProps) {
  return (
    <ConsoleDocument title={`Sign in – ${siteName}`}>
      <main class="door-step">
        <div class="panel">
          <Door />
          <h1>{siteName}</h1>
          <p class="muted">Sign in to the console.</p>
          {error !== undefined && (
            <p class="note bad" role="alert" id="error">
              {errorTexts[error]}
            </p>
          )}
          <form method="post" action="/console/sign-in">
            <input type="hidden" name="csrf" value={csrf} />
            <label for="username">Username</label>
            <input
              id="username"
              name="username"
              autocomplete="username"
              autocapitalize="none"
              spellcheck={false}
              required
              value={username}
              aria-describedby={error === undefined ? undefined : 'error'}
            />
            <label for="password">Password</label>
            <input id="password" name="password" type="password" autocomplete="current-password" required />
            <button type="submit">Sign in</button>
          </form>
        </div>
      </main>
    </ConsoleDocument>
  )
}
