#!/usr/bin/python3
"""A Modbus RTU server by pymodbus on the serial line PATH, with units 1 and 2.

  pymodbus_rtu_server.py PATH

Prints READY and runs until its standard input ends. A line "UNIT ADDRESS VALUE" sets a holding register.
"""
import asyncio
import sys
import threading

from pymodbus.datastore import ModbusSequentialDataBlock, ModbusServerContext, ModbusSlaveContext
from pymodbus.server.async_io import ModbusSerialServer
from pymodbus.transaction import ModbusRtuFramer


async def serve():
    units = {n: ModbusSlaveContext(hr=ModbusSequentialDataBlock(0, [0] * 100), zero_mode=True) for n in (1, 2)}
    context = ModbusServerContext(slaves=units, single=False)
    server = ModbusSerialServer(context, framer=ModbusRtuFramer, port=sys.argv[1], baudrate=115200,
                                ignore_missing_slaves=True)
    await server.start()
    task = asyncio.create_task(server.serve_forever())
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()

    def commands():
        for line in sys.stdin:
            unit, address, value = (int(word) for word in line.split())
            loop.call_soon_threadsafe(units[unit].setValues, 3, address, [value])
        loop.call_soon_threadsafe(ended.set)

    threading.Thread(target=commands, daemon=True).start()
    print("READY", flush=True)
    await ended.wait()
    task.cancel()


asyncio.run(serve())
