import { noteAccessPoints } from './access-points.ts'
import { beginProbe, noteProbe, probeAgain } from './probes.ts'
import { noteCheck } from './reach.ts'
import { noteLiveData } from './samples.ts'
import { noteVpnPeers } from './vpn.ts'

/** What is written down about the routers from outside, while they work. */
export const watchCommands = [
  noteCheck,
  beginProbe,
  probeAgain,
  noteProbe,
  noteLiveData,
  noteVpnPeers,
  noteAccessPoints,
]
