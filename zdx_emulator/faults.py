"""Misbehaviour to order: which requests go wrong, how, and how often."""

import asyncio

from zdx_emulator.models import ArmedFault, Fault


class Faults:
    """The faults that are armed, oldest first."""

    def __init__(self) -> None:
        self._armed: list[ArmedFault] = []
        self._gate = asyncio.Event()

    def arm(self, fault: Fault) -> ArmedFault:
        """Arms a fault."""
        armed = ArmedFault(fault=fault)
        self._armed.append(armed)
        return armed

    def armed(self) -> list[ArmedFault]:
        """Returns all faults, spent ones included."""
        return list(self._armed)

    def clear(self) -> None:
        """Disarms all faults and releases what they hold."""
        self._armed.clear()
        self.release()

    def meet(self, method: str, path: str) -> ArmedFault | None:
        """Returns the fault that this request runs into; one fault a request."""
        return next((armed for armed in self._armed if armed.meets(method, path)), None)

    async def hold(self, armed: ArmedFault) -> None:
        """Waits until the next release."""
        armed.held += 1
        try:
            await self._gate.wait()
        finally:
            armed.held -= 1

    def release(self) -> None:
        """Lets go of every request that is held now."""
        self._gate.set()
        self._gate = asyncio.Event()
