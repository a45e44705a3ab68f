"""What can go wrong when a simulated plant is run or asked for something: a closed set."""


class SimulatorError(Exception):
    """Something that a person can put right; the message is one line and says how."""


class UnknownDevice(SimulatorError):  # noqa: N818 - the name says it
    """The plant has no device of that id."""


class UnknownFault(SimulatorError):  # noqa: N818 - the name says it
    """No fault has that name, or it cannot happen to that device."""


class BadScenario(SimulatorError):  # noqa: N818 - the name says it
    """A scenario's file is wrong, or it cannot be played so; the message names file and key."""


class NoService(SimulatorError):  # noqa: N818 - the name says it
    """The service under trial does not answer, refuses the sign-in, or is not in a state to begin from."""


class AddressInUse(SimulatorError):  # noqa: N818 - the name says it
    """A device or the control endpoint cannot listen where the plant says."""


class NoPhysics(SimulatorError):  # noqa: N818 - the name says it
    """A profile, or one of its channels, that no simulated machine measures."""


class NoControl(SimulatorError):  # noqa: N818 - the name says it
    """The control endpoint of a running simulator does not answer, or says no."""


class NoCertificates(SimulatorError):  # noqa: N818 - the name says it
    """A device speaks encrypted, and nobody has said where its certificate may stand."""
