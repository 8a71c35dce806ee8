import type { Clock } from '../../../clock.ts'
import type { PppServer } from '../ppp/ppp-server.ts'
import { formatSeconds } from '../ros-duration.ts'
import { done, type Menu } from './menu.ts'
import { printVerb, type Viewer } from './print.ts'
import { readReferences } from './table.ts'

/** The lines that are up. */
export function pppActiveMenu(ppp: PppServer, viewer: Viewer, clock: Clock): Record<string, Menu> {
  return {
    '/ppp/active': {
      print: printVerb(viewer, () =>
        ppp.all().map((session) => ({
          '.id': session.id,
          name: session.username,
          service: 'pppoe',
          'caller-id': session.macAddress,
          address: session.ipAddress,
          uptime: formatSeconds(clock.nowMs() - session.startedAtMs),
          encoding: '',
          'session-id': `0x${session.sessionId}`,
          radius: 'true',
        })),
      ),
      remove: {
        policy: 'write',
        run(command) {
          const named = readReferences(command, (reference) => ppp.all().find(({ id }) => id === reference))
          if ('refused' in named) return named.refused
          for (const session of new Set(named.found)) ppp.kick(session, 'api')
          return done
        },
      },
    },
  }
}
