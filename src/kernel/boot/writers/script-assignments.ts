import { findTunable } from '../../tunables.ts'
import type { BootFile } from '../boot-system.ts'
import { swappedPath } from '../sysctl-path.ts'
import { placeOf } from '../statement.ts'
import { variableKey } from '../variables.ts'
import type { Written } from './writer.ts'

const name = String.raw`net[./][\w./*-]*conntrack\w*`

/** `sysctl -w KEY=VALUE`, and `KEY=VALUE` in what a script or a cloud-init file writes elsewhere. */
const assignment = new RegExp(String.raw`(${name})['"]?\s*=\s*['"]?(\$?[\w{}$()-]+)`, 'g')
/** `echo VALUE > /proc/sys/KEY`, `| tee`. */
const echoed = new RegExp(
  String.raw`\b(?:echo|printf)\s+(?:-n\s+)?(?:'%s(?:\\n)?'\s+)?["']?([^\s"'|>;&]+)["']?\s*(?:\|\s*(?:sudo\s+)?tee(?:\s+-a)?|>{1,2})\s*["']?/proc/sys/(${name})`,
  'g',
)
const hashsizeEchoed =
  /\b(?:echo|printf)\s+(?:-n\s+)?["']?([^\s"'|>;&]+)["']?\s*(?:\|\s*(?:sudo\s+)?tee|>{1,2})\s*["']?\/sys\/module\/(?:nf|ip)_conntrack\/parameters\/hashsize/g
const hashsizeLoaded =
  /\b(?:modprobe|insmod|options)\s[^;&|]*(?:nf|ip)_conntrack\S*\s[^;&|]*?\bhashsize=(\S+)/g

/** A longer line is no command that somebody wrote. */
const longestLine = 4096

/** The conntrack settings that the commands of a script give, comments left out; a `$variable` is not followed. */
export function scriptAssignments(file: BootFile): readonly Written[] {
  return file.lines.flatMap((line): readonly Written[] => {
    if (line.text.length > longestLine || /^\s*[#;]/.test(line.text)) return []
    const text = line.text.replace(/\s#.*$/, '')
    const place = placeOf(file, line)
    const written = (key: string, value: string): readonly Written[] => {
      const canonical = variableKey(swappedPath(key).replaceAll('/', '.'))
      const isOurs = key.includes('*') || canonical === 'hashsize' || findTunable(canonical) !== undefined
      return isOurs ? [{ key: canonical, value: /^\d+$/.test(value) ? value : null, how: 'sets', place }] : []
    }
    return [
      ...[...text.matchAll(assignment)].flatMap(([, key = '', value = '']) => written(key, value)),
      ...[...text.matchAll(echoed)].flatMap(([, value = '', key = '']) => written(key, value)),
      ...[...text.matchAll(hashsizeEchoed), ...text.matchAll(hashsizeLoaded)].flatMap(([, value = '']) =>
        written('net.netfilter.nf_conntrack_buckets', value),
      ),
    ]
  })
}
