import type { Problem } from '../problem.ts'
import { type MapNode, nodeAt, type YamlNode } from '../yaml/yaml-node.ts'
import { readBoolean } from './read-boolean.ts'
import { readConfirm, readOrder, readPercentage, readSerial, readThrottle, readWait } from './read-rollout.ts'
import { readSetting } from './read-setting.ts'
import type { Reader } from './reading.ts'
import { allAtOnce, type Rollout } from './rollout.ts'

/** How the play at `node` goes over its hosts; adds what is wrong with that to `problems`. */
export function checkRollout(node: MapNode, problems: Problem[]): Rollout {
  const key = <T>(path: readonly string[], reader: Reader<T>): T | undefined => {
    const value = nodeAt(node, path)
    return value === undefined ? undefined : readKnown(value, path.join('.'), reader, problems)
  }
  const serial = key(['serial'], readSerial)
  const order = key(['order'], readOrder)
  const throttle = key(['throttle'], readThrottle)
  const limit = key(['max_fail_percentage'], readPercentage)
  const isFatal = key(['any_errors_fatal'], readBoolean)
  const settleSeconds = key(['settle'], readWait)
  const holdSeconds = key(['verify', 'hold'], readWait)
  const confirmSeconds = key(['confirm_within'], readConfirm)
  const fatalNode = nodeAt(node, ['any_errors_fatal'])
  if (isFatal === true && limit !== undefined && limit > 0 && fatalNode !== undefined)
    problems.push({
      ...fatalNode.place,
      what: `any_errors_fatal lets no host fail, but max_fail_percentage lets ${limit} % of them`,
      remedy: 'keep one of the two',
    })
  return {
    serial: serial ?? allAtOnce.serial,
    order: order ?? allAtOnce.order,
    throttle: throttle ?? allAtOnce.throttle,
    maxFailPercentage: isFatal === true ? 0 : (limit ?? allAtOnce.maxFailPercentage),
    settleSeconds: settleSeconds ?? allAtOnce.settleSeconds,
    holdSeconds: holdSeconds ?? allAtOnce.holdSeconds,
    confirmSeconds: confirmSeconds ?? allAtOnce.confirmSeconds,
  }
}

/** Batches are made before any host has variables, so none may stand in what describes them. */
function readKnown<T>(node: YamlNode, label: string, reader: Reader<T>, problems: Problem[]): T | undefined {
  const setting = readSetting(node, label, reader, problems)
  if (setting?.kind !== 'open') return setting?.value
  problems.push({
    ...setting.place,
    what: `${label}: this is about all hosts of the play, so no variable may stand here`,
    remedy: 'write the value',
  })
  return undefined
}
