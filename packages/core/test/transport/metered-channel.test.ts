import { describe, expect, test } from 'vitest'
import { channelConformance, MemoryNetwork } from '../../src/testing/index.js'
import { MeteredChannel } from '../../src/transport/metered-channel.js'

const network = new MemoryNetwork()
const silent = { bytesIn: () => {}, bytesOut: () => {} }

channelConformance({
  name: 'metered',
  api: { describe, test, expect },
  async connect() {
    const { dialer, listener } = network.pair()
    return {
      dialer: new MeteredChannel(dialer, silent),
      listener: new MeteredChannel(listener, silent),
      close: async () => {},
    }
  },
})
