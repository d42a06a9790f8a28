"""A performance that can be steered otherwise while it is played: by other parameters, or by another scene.

What sounds goes on, and what was imagined is imagined anew.
"""

from dataclasses import replace

from antiphon.core.apart import Apart
from antiphon.core.arrival import Arrival
from antiphon.core.due import Order
from antiphon.core.model import Identified
from antiphon.core.parameters import Parameters
from antiphon.core.prime import World
from antiphon.core.remembering import Remembering
from antiphon.core.routes import ROUTES
from antiphon.music.events import Seconds


class Staged(Remembering):
    """A performance with `model`, from the moment `now` (s) on, in scenes."""

    def switch(
        self,
        name: str,
        parameters: Parameters | None,
        model: Identified,
        when: str,
        now: float,
        world: World | None = None,
    ) -> list[Order]:
        """Play another scene from `now` (s) on, or from the next beat or bar: other parameters (None: those that hold
        then), and maybe another model, which first hears the recent past; where the scene has a world of its own, it
        comes out of that and hears the last moments. Until then all goes on as it was."""
        every = {"beat": 1.0, "bar": float(self._parameters.beats)}.get(when)
        at = self._pulse.metre.next(now, every, self._anchor or 0.0) if every else Seconds(now)
        other = None if model is self._model and world is None else model
        self._arrival = Arrival(name, parameters, at, other, self._plan.past)
        if world:
            self._arrival.come_from(world.past, self._plan.past, self._plan.happened, now)
        return []

    def be_in(self, scene: str) -> None:
        """It is a scene of that name that goes on here."""
        self._scene = scene

    @property
    def coming(self) -> str | None:
        """The scene that is to be played from some later moment on."""
        return self._arrival.name if self._arrival else None

    def _arrives(self) -> Seconds | None:
        return self._arrival.at if self._arrival else None

    def _arrive(self, arrival: Arrival, now: float) -> list[Order]:
        """Another scene is played now."""
        orders = self._cut(now)
        if not self.fed:  # a moment more, until its model has heard that too
            return orders
        self._arrival, self._scene, self._arrivals = None, arrival.name, self._arrivals + 1
        if arrival.model:
            past = arrival.past(self._plan.past)
            self._model, self._recall, self._breath = arrival.model, None, None
            self._plan.play_with(arrival.model, past)
            self._opening, self._branch = past, self._branch + 1
            self._apart = {number: Apart(past, (), each.ear) for number, each in self._apart.items()}
        return orders + self._steer(arrival.parameters or self._parameters, now)

    def _steer(self, parameters: Parameters, now: float) -> list[Order]:
        orders, old, playing = self._cut(now), self._parameters, self._playing
        voices, mode = self._voices, self._mode
        if any(parameters.values[name] != old.values[name] for name in ROUTES):
            orders += self._dues(self._plan.release(self._plan.own(), now))
        self._parameters, self._since = parameters, Seconds(now)
        self._listener.voice = self._voices[1]
        if parameters.tempo != old.tempo:
            self._pulse = self._pulse.turned(float(parameters.tempo), now)
        if parameters.clock != "follow" or parameters.send_clock:
            self._pulse = replace(self._pulse, halted=False)
        if self._mode is not mode or self._voices != voices:
            self._anchor = self._recall = None
            self._apart = {number: replace(each, recall=None) for number, each in self._apart.items()}
            orders += self._go_over(playing, now)
        elif self._plan.answer:
            self._plan.answer = replace(self._plan.answer, floor=now)
        self._ear = replace(self._ear, chord=self._chord_held())
        return orders

    def _go_over(self, playing: bool, now: float) -> list[Order]:
        """Another mode goes on where one was playing; where it does not play by itself, all that is ours ends."""
        self._company.forget()
        if not playing or self._mode.silent:
            return self._silence(now)
        self._play(Seconds(now))
        return []
