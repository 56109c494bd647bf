#!/usr/bin/python3
"""A Modbus TCP server by pymodbus that serves what tests/data/maps/every_order.toml describes, as unit 1.

Prints its port on the first line and runs until its standard input ends.
"""
import asyncio
import struct
import sys
import threading

from pymodbus.datastore import ModbusSequentialDataBlock, ModbusServerContext, ModbusSlaveContext
from pymodbus.server.async_io import ModbusTcpServer


def words(data, swap_words, swap_bytes):
    pairs = [data[i:i + 2] for i in range(0, len(data), 2)]
    if swap_words:
        pairs.reverse()
    return [int.from_bytes(p, "little" if swap_bytes else "big") for p in pairs]


holding = {
    0: words(struct.pack(">f", 123.5), False, False),
    10: words(struct.pack(">f", 2.25), True, False),
    20: words(struct.pack(">f", 151.5), False, True),
    30: words(struct.pack(">f", 95.25), True, True),
    40: words(struct.pack(">I", 70000), True, False),
    50: words(struct.pack(">I", 77), False, False),
    60: words(struct.pack(">i", -100), True, True),
    70: words(struct.pack(">Q", 141), False, True),
    80: words(struct.pack(">d", 71.125), True, False),
}


def block(values, size=100):
    cells = [0] * size
    for address, numbers in values.items():
        cells[address:address + len(numbers)] = numbers
    return ModbusSequentialDataBlock(0, cells)


async def serve():
    unit = ModbusSlaveContext(hr=block(holding), ir=block({4: [965]}), di=block({3: [1]}), co=block({8: [1]}),
                              zero_mode=True)
    server = ModbusTcpServer(ModbusServerContext(slaves={1: unit}, single=False), address=("127.0.0.1", 0))
    task = asyncio.create_task(server.serve_forever())
    await server.serving
    print(server.server.sockets[0].getsockname()[1], flush=True)
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    threading.Thread(target=lambda: (sys.stdin.read(), loop.call_soon_threadsafe(ended.set)), daemon=True).start()
    await ended.wait()
    task.cancel()


asyncio.run(serve())
