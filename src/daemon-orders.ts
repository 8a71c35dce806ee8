import { installedAt } from './installed-at.ts'

/** How a person starts the daemon that this program belongs to, and reads what it says: a checkout has no service. */
export function daemonOrders(programAt: URL = installedAt) {
  if (programAt.pathname.startsWith('/usr/lib/mlango/')) {
    return {
      start: '`systemctl start mlango`, and `journalctl -u mlango` if it does not stay.',
      restart: '`systemctl restart mlango`',
      readLog: '`journalctl -u mlango` says more.',
    }
  }
  return {
    start: '`scripts/mlango serve`; if it does not stay, its last lines say why.',
    restart: 'stop the daemon with Ctrl-C, then `scripts/mlango serve`',
    readLog: 'What the daemon prints says more.',
  }
}
