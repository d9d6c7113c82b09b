"""The base class of drivers: a driver is a subclass with declarations, ``probe`` and ``sample``.

The class itself is the declaration: parameters, attributes and channels are collected and checked when it is made.
"""

from __future__ import annotations

from collections.abc import Awaitable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Generic, ParamSpec, TypeVar, get_type_hints, overload

from ..errors import ConfigLost, Disagreement, NoDevice, NotSupported
from ..i2c.adapter import Functionality
from ..i2c.contention import two_chips
from .accepts import Accepted, check_accepts, check_value
from .annotations import own_types
from .attribute import Attribute
from .channel import Channel, are_named_tuples, sample_types
from .command import Command
from .constants import Constant, Constants, check_declared
from .layout import SampleShape
from .misspelt import refuse_misspelt
from .moduleparam import Param
from .regfield import RegField
from .register import Register
from .regmap import RegMap
from .reset import Reset
from .role import settings_lost

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..i2c.client import Client

if TYPE_CHECKING:  # Driver alone is Driver[Any]; at run time a default needs Python 3.13
    from typing_extensions import TypeVar as _TypeVar

    Row = _TypeVar("Row", default=Any)
else:
    Row = TypeVar("Row")
T = TypeVar("T")
R = TypeVar("R", bound=Register)
P = ParamSpec("P")

_DEBUG = Param("log each transfer of this device", default=False)


class Driver(Generic[Row]):
    """Base of every driver; the file that holds it is the module.

    ``addresses``: the 7-bit addresses the datasheet allows.  ``identity``: by chip name, the register fields that
    recognise it and their values; it serves probe and detection, and is only ever read.  ``id_table``: the chip names
    of the family, each with a row of differences, at ``self.id`` (struct i2c_device_id); ``Driver[Row]`` types it.
    With several names, the module's own name means the chip of that name.  A row may have a ``startup`` of its own.
    ``aliases``: by chip name, further names that are printed on the same chip: ``{"sht4x": ("sht40", "sht41")}``.
    ``constants``: by chip name, the registers and commands of a formula's constants, and CRCs over them.  They are read
    once, between ``reset`` and ``probe``, and compared whenever the identity is; ``self.constant(X)`` is the value.
    ``sample_of``: by chip name, the class of a chip's samples, in a family whose chips have different channels.
    ``accepts``: by chip name, the values of a parameter that this chip takes beside the default, if others take more.
    ``coupled``: a channel that cannot be measured voids the others, for example because it enters their formulas.
    Otherwise an error replaces that channel alone.  A driver may return ``Sample(21.5, absent(OutOfRange("…")))``.
    ``soft_reset``: how the chip is brought to its power-on state, for the hook ``reset``.
    ``asleep``: the register fields that put the chip to sleep, and their values; written when the driver is removed.
    ``sharing``: how another program can read the chip at the same time, for the error that reports a disturbance.
    ``functionality``: the abilities that the adapter needs beyond single registers.
    ``pec``: each transfer carries a packet error code of SMBus (I2C_CLIENT_PEC).
    ``fastest``: the shortest interval in s between samples that the datasheet allows; shorter ones are refused.
    ``startup``: the longest time in s from power-on to the first value, of a chip that reads 0 until then.
    ``timeout``: the longest time in s that probe, or one sample, may take.  ``allowance``: the longest in s that its
    Python may run from one ``await`` to the next, transfers not counted; a driver that takes longer is ejected.
    ``foreign``: the name of the library whose values the driver passes on; i2cdrv verifies none of them.
    ``params``: the declared parameters, by the names that users write.
    """

    addresses: ClassVar[Sequence[int]] = ()
    identity: ClassVar[Mapping[str, Mapping[RegField[Any], object]]] = {}
    id_table: ClassVar[Mapping[str, Any]] = {}
    aliases: ClassVar[Mapping[str, Sequence[str]]] = {}
    soft_reset: ClassVar[Reset | None] = None
    asleep: ClassVar[Mapping[RegField[Any], object]] = {}
    constants: ClassVar[Mapping[str, Sequence[Constant]]] = {}
    sample_of: ClassVar[Mapping[str, type]] = {}
    accepts: ClassVar[Accepted] = {}
    sharing: ClassVar[str] = ""
    coupled: ClassVar[bool] = False
    functionality: ClassVar[Functionality] = Functionality.NONE
    pec: ClassVar[bool] = False
    fastest: ClassVar[float] = 0.0
    timeout: ClassVar[float] = 5.0
    startup: float = 0.0
    allowance: ClassVar[float] = 0.5
    foreign: ClassVar[str] = ""

    params: ClassVar[Mapping[str, Param]] = {"debug": _DEBUG.named("debug", bool)}
    attributes: ClassVar[Mapping[str, Attribute[Any]]] = {}
    sample_types: ClassVar[tuple[type, ...]] = ()
    shapes: ClassVar[Mapping[type, SampleShape]] = {}
    channels: ClassVar[tuple[Channel, ...]] = ()

    debug: bool

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        refuse_misspelt(cls)
        declared = {name: value for name, value in vars(cls).items() if isinstance(value, Param)}
        for name in declared.keys() - cls.__annotations__.keys() | declared.keys() & _TAKEN:
            raise TypeError(f"parameter {cls.__name__}.{name} needs an annotation, and a name that is free")
        types = own_types(cls, declared, extras=True)
        cls.params = {**cls.params, **_by_name([value.named(name, types[name]) for name, value in declared.items()])}
        check_accepts(cls.__name__, cls.accepts, cls.params)
        own = {name: value for name, value in vars(cls).items() if isinstance(value, Attribute)}
        cls.attributes = {**cls.attributes, **own}
        check_declared(cls.constants)
        returned = get_type_hints(cls.sample, include_extras=True).get("return")
        if returned is not Any and not are_named_tuples(returned):  # Any: a base class of drivers
            raise TypeError(f"{cls.__name__}.sample has no return type: -> Sample, a NamedTuple of units")
        cls.sample_types = sample_types(returned)
        cls.shapes = {each: SampleShape(each) for each in cls.sample_types if each is not Any}
        cls.channels = tuple({one.name: one for shape in cls.shapes.values() for one in shape.channels}.values())
        if wrong := [chip for chip, sample in cls.sample_of.items() if sample not in cls.shapes]:
            raise TypeError(
                f"{cls.__name__}.sample_of[{wrong[0]!r}] is no class that sample() returns by its annotation"
            )

    @classmethod
    def channels_of(cls, chip: str) -> tuple[Channel, ...]:
        """Return the channels that a chip of this name can have."""
        return cls.shapes[cls.sample_of[chip]].channels if chip in cls.sample_of else cls.channels

    def __init__(self, client: Client, values: Mapping[str, Any]) -> None:
        self.client = client
        if self.pec:
            client.use_pec()
        self.regmap = RegMap(client)
        self.known = Constants(client, self.regmap, self.constants.get(client.name, ()))
        self.id: Row = self.id_table.get(client.name)  # type: ignore[assignment]  # a Driver without a table has none
        self.startup = getattr(self.id, "startup", self.startup)
        for declared in self.params.values():
            setattr(self, declared.variable, values.get(declared.variable, declared.default))
        self.keeps_identity = True  # False: a clone keeps the identity of its first probe
        self._found: Mapping[RegField[Any], object] = {}  # that identity
        self.stored: dict[RegField[Any], Any] = {}  # values that users wrote; ``start`` writes them again
        self._undo: list[Callable[[], object]] = []

    async def recognise(self) -> None:
        """Check for a reset value, reserved bits or a CRC, where the identity registers do not suffice.

        Runs before ``reset``; until then only register numbers, and commands that read, can be sent.  Raises NoDevice.
        """

    def inherit(self, old: Driver) -> None:
        """Take the values that users wrote, and the identity that they accepted, from an ejected instance."""
        self.stored.update(old.stored)
        self.keeps_identity, self._found = old.keeps_identity, old._found

    async def probe(self) -> None:
        """Make the chip ready: the next sample, also after ``configure``, must be a real measurement."""

    async def reset(self) -> None:
        """Bring the chip to its power-on state: run ``soft_reset``, if it is declared.  Runs before each ``probe``."""
        if self.soft_reset is not None:
            await self.soft_reset.run(self.client, self.regmap)

    async def verify(self) -> None:
        """Check that the chip is the same as when it was made ready, with the same settings.

        Runs when a sample jumps, and every 10 s.  Compares the identity, the constants, the fields that ``update`` set,
        and the attributes that users may set.  Errors: NoDevice, ConfigLost.
        """
        self.identify()
        await self.known.verify()
        self.regmap.check_settings()

    async def prove(self) -> Any:
        """Return a sample of a conversion that the chip has shown to begin; None if the chip cannot show that.

        Runs when a sample has the same bytes as the last one.  Takes another sample if ``sample`` runs its conversion
        by ``regmap.one_shot``.  Raises NotConverted if no conversion began.
        """
        if not self.regmap.ran_one_shot:
            return None
        self.regmap.must_prove = True
        try:
            return await self.sample()
        finally:
            self.regmap.must_prove = False

    @classmethod
    def can_reset(cls) -> bool:
        """Return whether the driver can bring its chip to the power-on state."""
        return cls.soft_reset is not None or cls.reset is not Driver.reset

    @overload
    def constant(self, what: type[R]) -> R: ...
    @overload
    def constant(self, what: RegField[T]) -> T: ...
    @overload
    def constant(self, what: Command) -> tuple[int, ...]: ...
    def constant(self, what: Any) -> Any:
        """Return the value of one of ``constants``.  Raises KeyError if this chip does not declare it."""
        return self.known[what]

    async def configure(self) -> None:
        """Write the parameters to the chip: runs after ``probe``, and again after each change of a parameter.

        Without this hook, a change probes the chip again.
        """

    async def sample(self) -> Any:
        """Return one coherent conversion as a NamedTuple of unit types.  Every driver has this hook."""
        raise NotImplementedError(f"{type(self).__name__} has no sample()")

    def on_remove(self, action: Callable[P, Awaitable[object] | None], *args: P.args, **kwargs: P.kwargs) -> None:
        """Run an action at removal, or if probe fails; the last action runs first (devm_add_action)."""
        self._undo.append(lambda: action(*args, **kwargs))

    def other_chip(self, reason: str) -> NoDevice:
        """Return the error to raise if the driver is not for this chip."""
        return NoDevice(f"{self.client} is no {self.client.name}: {reason}")

    def settings_lost(self) -> ConfigLost:
        """Return the error to raise if the chip no longer has the driver's settings."""
        return settings_lost(f"{self.client} has lost its settings")

    async def start(self) -> None:
        """Check the adapter and the chip, then probe; run the removal actions if that fails."""
        self._need_functionality()
        self.regmap.clear()
        self.client.recognised = False
        self.identify()
        await self.recognise()
        self.client.recognised = True
        self._check_values()
        try:
            await self.reset()
            await self.known.read()
            await self.probe()
            self._sleep_at_removal()
            for field, value in self.stored.items():
                self.regmap.update(field, value)
            await self.configure()
            self._snapshot_attributes()
        except BaseException:
            await self.remove(quiet=True)
            raise

    def _snapshot_attributes(self) -> None:
        """Remember the attributes that no user has written as settings."""
        for attribute in self.attributes.values():
            if attribute.writable and attribute.field not in self.stored:
                self.regmap.snapshot(attribute.field)

    def _sleep_at_removal(self) -> None:
        for field, value in self.asleep.items():
            self.on_remove(self._fall_asleep, self.regmap.write if field.whole else self.regmap.update, field, value)

    async def _fall_asleep(
        self, write: Callable[[RegField[Any], object], None], field: RegField[Any], value: object
    ) -> None:
        """Write a field of ``asleep``; once more if the chip did not take it: it was switched on just now."""
        try:
            write(field, value)
        except Disagreement:
            if self.soft_reset is None:
                raise
            await self.soft_reset.ready(self.client, self.regmap)
            write(field, value)

    async def reconfigure(self) -> None:
        """Write changed parameters to the chip."""
        self._check_values()
        if type(self).configure is not Driver.configure:
            await self.configure()
        else:
            await self.remove(quiet=True)
            await self.start()

    async def remove(self, *, quiet: bool = False) -> None:
        """Run all actions of ``on_remove``, then raise the first error unless quiet."""
        errors: list[Exception] = []
        while self._undo:
            try:
                result = self._undo.pop()()
                if isinstance(result, Awaitable):
                    await result
            except Exception as error:  # noqa: BLE001, RUF100  # one failed step must not keep the others from running
                errors.append(error)
        if errors and not quiet:
            raise errors[0]

    def forget(self) -> None:
        """Drop the actions of ``on_remove``: the chip has lost its settings already."""
        self._undo.clear()

    def _check_values(self) -> None:
        for name, accepted in self.accepts.get(self.client.name, {}).items():
            param = self.params[name]
            check_value(self.client.name, accepted, param, getattr(self, param.variable))

    def _need_functionality(self) -> None:
        adapter = self.client.adapter
        missing = self.functionality & ~adapter.functionality
        if missing:
            raise NotSupported(
                f"{self.client.name} needs plain I2C transfers, and i2c-{adapter.nr} ({adapter.name}) can only do "
                "SMBus: connect the chip to another bus"
            )

    def identify(self) -> None:
        """Read the identity registers.  Raises NoDevice for another chip, and names the register."""
        for field, expected in self._expected_identity().items():
            found = self.regmap.read(field)
            if found != expected:
                raise NoDevice(
                    f"the chip at {self.client.addr:#04x} on i2c-{self.client.adapter.nr} is not a {self.client.name}: "
                    f"{field} reads {found:#04x}, not {expected:#04x}"
                    f"{self._other_name(field, found) or two_chips(found, expected)}"
                )

    def _expected_identity(self) -> Mapping[RegField[Any], object]:
        """Return the chip's identity; of an accepted clone, the identity at its first probe.  Raises NoDevice."""
        identity = self.identity.get(self.client.name, {})
        if self.keeps_identity:
            return identity
        if not self._found:
            found = {field: self.regmap.read_confirmed(field) for field in identity}
            if self.regmap.all_bits_equal:
                raise NoDevice(f"{self.client} has no identity to take: it reads all 0 or all 1")
            self._found = found
        return self._found

    def _other_name(self, field: RegField[Any], found: object) -> str:
        names = [name for name, identity in self.identity.items() if identity.get(field) == found]
        return f"; that is a {names[0]}: load {names[0]}" if names else ""


def _by_name(params: Sequence[Param]) -> dict[str, Param]:
    """Parameters by the names users write.  Raises TypeError for a name that is no identifier, or there twice."""
    named = {declared.name: declared for declared in params}
    for name in [declared.name for declared in params if not declared.name.isidentifier()]:
        raise TypeError(f"a parameter cannot be called {name!r}")
    if len(named) != len(params):
        raise TypeError("two parameters have one name")
    return named


_TAKEN = {*vars(Driver), "client", "regmap", "id"}  # names of every driver, which a parameter must not hide
