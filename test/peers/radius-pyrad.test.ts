import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { openRadiusHouse, PHONE, SECRET, USER } from '../radius/radius-house.ts'
import { run } from './radius-peer.ts'

const DICTIONARY = `ATTRIBUTE User-Name 1 string
ATTRIBUTE User-Password 2 string
ATTRIBUTE CHAP-Password 3 octets
ATTRIBUTE Framed-IP-Address 8 ipaddr
ATTRIBUTE Class 25 octets
ATTRIBUTE Session-Timeout 27 integer
ATTRIBUTE Calling-Station-Id 31 string
ATTRIBUTE Reply-Message 18 string
ATTRIBUTE Acct-Status-Type 40 integer
ATTRIBUTE Acct-Session-Id 44 string
ATTRIBUTE Acct-Input-Octets 42 integer
ATTRIBUTE Acct-Input-Gigawords 52 integer
`

const SCRIPT = `
import sys, hashlib, os
from pyrad.client import Client
from pyrad.dictionary import Dictionary
from pyrad import packet
folder, auth, acct = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
client = Client(server='127.0.0.1', authport=auth, acctport=acct, secret=b'${SECRET}', dict=Dictionary(folder + '/dictionary'))
client.timeout = 5

def login(name, password, chap=False):
    request = client.CreateAuthPacket(code=packet.AccessRequest, User_Name=name)
    request['Calling-Station-Id'] = '${PHONE}'
    if chap:
        request.authenticator = packet.Packet.CreateAuthenticator()
        digest = hashlib.md5(b'\\x07' + password.encode() + request.authenticator).digest()
        request['CHAP-Password'] = b'\\x07' + digest
    else:
        request['User-Password'] = request.PwCrypt(password)
    reply = client.SendPacket(request)
    print('login', reply.code, reply['Session-Timeout' if reply.code == packet.AccessAccept else 'Reply-Message'])

login('${USER.username}', '${USER.password}')
login('${USER.username}', '${USER.password}', chap=True)
login('${USER.username}', 'wrong')
for status in (1, 3, 2):
    request = client.CreateAcctPacket(User_Name='${USER.username}')
    request['Acct-Status-Type'] = status
    request['Acct-Session-Id'] = '80a00001'
    request['Acct-Input-Octets'] = 5
    request['Acct-Input-Gigawords'] = 1
    print('acct', client.SendPacket(request).code)
`

async function runPyrad(t: TestContext, script: string, ...words: (string | number)[]): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'mlango-pyrad-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  writeFileSync(join(folder, 'dictionary'), DICTIONARY)
  writeFileSync(join(folder, 'script.py'), script)
  const { text, status } = await run('/usr/bin/python3', [join(folder, 'script.py'), folder, ...words.map(String)])
  assert.equal(status, 0, text)
  return text.trim().split('\n')
}

const hasPyrad = {
  skip: !existsSync('/usr/lib/python3/dist-packages/pyrad') && 'python3-pyrad not installed',
}

test('pyrad: PAP, CHAP, a wrong password and accounting', hasPyrad, async (t) => {
  const { server, records } = await openRadiusHouse(t)
  const said = await runPyrad(t, SCRIPT, server.authPort, server.acctPort)
  assert.deepEqual(said, [
    'login 2 [3600]',
    'login 2 [3600]',
    "login 3 ['Wrong code. Check it and try again.']",
    'acct 5',
    'acct 5',
    'acct 5',
  ])
  assert.deepEqual(
    records.map(({ status, inputBytes }) => [status, inputBytes]),
    [
      ['start', 2 ** 32 + 5],
      ['interim', 2 ** 32 + 5],
      ['stop', 2 ** 32 + 5],
    ],
  )
})
