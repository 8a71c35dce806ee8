import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { describe, it } from 'node:test'
import { openLog } from '../../src/log.ts'
import { reportReady } from '../../src/systemd/notify.ts'

/** Plays systemd: Perl is on every Debian machine and can do what Node cannot, receive a unix datagram. */
const RECEIVER = `
  use IO::Socket::UNIX; use Socket; $| = 1;
  my $socket = IO::Socket::UNIX->new(Type => SOCK_DGRAM, Local => $ARGV[0]) or die $!;
  print "listening\\n";
  $socket->recv(my $message, 4096);
  print join(' ', split /\\n/, $message), "\\n";
`
const lacking = ['systemd-notify', 'perl'].filter((program) => spawnSync(program, ['--version']).error)
const skip = lacking.length > 0 && `${lacking.join(' and ')} missing on this machine`

const logInto = (lines: string[]) => openLog('info', {}, { write: (line) => lines.push(line) })

describe('readiness', () => {
  it('reaches the socket that systemd named', { skip }, async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'mlango-notify-'))
    t.after(() => rm(folder, { recursive: true }))
    const socket = join(folder, 'notify')
    const receiver = spawn('perl', ['-e', RECEIVER, socket], { stdio: ['ignore', 'pipe', 'inherit'] })
    const heard = createInterface({ input: receiver.stdout })
    await once(heard, 'line')

    const complaints: string[] = []
    reportReady({ NOTIFY_SOCKET: socket, PATH: process.env.PATH }, logInto(complaints))

    const [message] = await once(heard, 'line')
    assert.match(message, /\bREADY=1\b/)
    assert.deepEqual(complaints, [])
  })

  it('that cannot be told is said in the log', async () => {
    const complaint = await new Promise<string>((resolve) => {
      const log = openLog('info', {}, { write: resolve })
      reportReady({ NOTIFY_SOCKET: '/nowhere', PATH: '/nowhere' }, log)
    })
    assert.match(complaint, /systemd was not told/)
  })

  it('concerns nobody when systemd did not ask', () => {
    const running = process.getActiveResourcesInfo()
    reportReady({ PATH: process.env.PATH }, logInto([]))
    assert.deepEqual(process.getActiveResourcesInfo(), running)
  })
})
