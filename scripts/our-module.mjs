// Modules of src/ as the scripts here and the benchmarks use them: the program itself is built into few files.
import { fileURLToPath } from 'node:url'
import { createServer } from 'vite'

let server = null

/** The exports of a module, such as `kernel/tunables.ts`. */
export async function ourModule(path) {
  server ??= createServer({
    root: fileURLToPath(new URL('..', import.meta.url)),
    configFile: false,
    appType: 'custom',
    logLevel: 'error',
    oxc: { target: 'node20' },
    optimizeDeps: { noDiscovery: true },
    server: { middlewareMode: true, hmr: false, ws: false, watch: null },
  })
  return (await server).ssrLoadModule(`/src/${path}`)
}

/** Lets go of what keeps a script from ending. */
export async function closeModules() {
  await (await server)?.close()
  server = null
}
