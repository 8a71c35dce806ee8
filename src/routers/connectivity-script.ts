import { hotspot, loginPage, walledGarden } from './connectivity-hotspot.ts'
import type { ConnectivityInput } from './connectivity-input.ts'
import {
  apiService,
  certificate,
  deviceMode,
  firewall,
  group,
  networkTime,
  radius,
  user,
} from './connectivity-steps.ts'
import { fetchCommand, quoted } from './routeros-text.ts'

/**
 * The RouterOS script (6.49 and 7.x) that makes a router ours. Run again it changes nothing that is right and repairs the
 * rest; every step that fails is named in the report. It holds secrets: give it only to those who may have them.
 */
export function connectivityScript(input: ConnectivityInput): string {
  const steps = [
    ...release(),
    ...deviceMode(),
    ...networkTime(),
    ...group(),
    ...user(input),
    ...radius(input),
    ...hotspot(input),
    ...loginPage(input),
    ...walledGarden(input),
    ...firewall(input),
    ...(input.apiTls ? certificate() : []),
    // Last: it narrows the way in.
    ...apiService(input),
    ...report(input),
  ]
  return `${[
    '# Adoption by Mlango. Paste it into a terminal of the router, or upload it as a file and import it.',
    '# It may be run again at any time. It holds passwords: delete it afterwards.',
    '{',
    ':local failedSteps ""',
    ...steps,
    '}',
  ].join('\n')}\n`
}

/** `7.20.8 (stable)` is 7 and 20, `7.16rc1` is 7 and 16. What cannot be read counts as 6.0. */
function release(): string[] {
  return [
    '# release',
    ':local osVersion ""',
    ':local osMajor 6',
    ':local osMinor 0',
    ':do {',
    '  :set osVersion [/system resource get version]',
    '  :local dot [:find $osVersion "."]',
    '  :local rest [:pick $osVersion ($dot + 1) [:len $osVersion]]',
    '  :local digits ""',
    '  :local counting true',
    '  :for position from=0 to=([:len $rest] - 1) do={',
    '    :local sign [:pick $rest $position ($position + 1)]',
    '    :if ([:typeof [:find "0123456789" $sign]] != "num") do={ :set counting false }',
    '    :if ($counting) do={ :set digits ($digits . $sign) }',
    '  }',
    '  :set osMajor [:tonum [:pick $osVersion 0 $dot]]',
    '  :set osMinor [:tonum $digits]',
    '} on-error={',
    '  :set failedSteps ($failedSteps . "version,")',
    '}',
  ]
}

/** Calls home, once: a second report is refused, which does no harm. A CHR has no serial number, nor the menu of it. */
function report({ adoptUrl, routerName }: ConnectivityInput): string[] {
  const [complete, incomplete] = [quoted(`mlango: ${routerName} is set up`), quoted(`mlango: ${routerName} lacks `)]
  return [
    '# report',
    ':local serialNumber "none"',
    ':do {',
    '  :local run [:parse ":return [/system routerboard get serial-number]"]',
    '  :set serialNumber [$run]',
    '} on-error={ :set serialNumber "none" }',
    ':local board ""',
    ':do { :set board [/system resource get board-name] } on-error={ :set board "" }',
    ':local modelName ""',
    ':if ([:len $board] > 0) do={',
    '  :for position from=0 to=([:len $board] - 1) do={',
    '    :local sign [:pick $board $position ($position + 1)]',
    '    :if ($sign = "+") do={ :set sign "%2B" }',
    '    :if ($sign = "&") do={ :set sign "%26" }',
    '    :set modelName ($modelName . $sign)',
    '  }',
    '}',
    ':local form ("version=" . $osVersion . "&model=" . $modelName . "&serial=" . $serialNumber . "&failed=" . $failedSteps)',
    ':do {',
    `  ${fetchCommand(adoptUrl)} http-method=post http-data=$form keep-result=no`,
    '} on-error={',
    '  :log warning "mlango: the report was not taken. Its address works once, for an hour."',
    '}',
    ':if ([:len $failedSteps] = 0) do={',
    `  :log info ${complete}`,
    `  :put ${complete}`,
    '} else={',
    `  :log warning (${incomplete} . $failedSteps)`,
    `  :put (${incomplete} . $failedSteps)`,
    '}',
  ]
}
