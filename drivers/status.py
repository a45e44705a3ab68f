"""OPC UA status codes: what each means for a value. Pure.

Codes: OPC UA Part 4, 7.39 and Part 8, 6.3 (StatusCode.csv of the OPC Foundation).
"""

from asyncua.ua.status_codes import StatusCodes, get_name_and_doc

from config.model import Quality

CODE = 0xFFFF0000
"""The code itself; the lower half holds information bits, which say nothing about the value's worth."""

SEVERITY = 0xC0000000

QUALITIES = {
    # Somebody, or something, has put this value in place of the sensor's.
    StatusCodes.GoodLocalOverride: Quality.UNCERTAIN,
    StatusCodes.UncertainSubstituteValue: Quality.UNCERTAIN,
    StatusCodes.UncertainTransducerInManual: Quality.UNCERTAIN,
    # The sensor measures, and says that it does not measure well.
    StatusCodes.UncertainSensorNotAccurate: Quality.UNCERTAIN,
    StatusCodes.UncertainEngineeringUnitsExceeded: Quality.UNCERTAIN,
    StatusCodes.UncertainSubNormal: Quality.UNCERTAIN,
    StatusCodes.UncertainSensorCalibration: Quality.UNCERTAIN,
    # Repeated, not measured.
    StatusCodes.UncertainLastUsableValue: Quality.STALE,
    StatusCodes.UncertainNoCommunicationLastUsableValue: Quality.STALE,
    StatusCodes.UncertainSimulatedValue: Quality.SIMULATED,
    # No value yet, or none at present.
    StatusCodes.UncertainInitialValue: Quality.UNAVAILABLE,
    StatusCodes.BadWaitingForInitialData: Quality.UNAVAILABLE,
    StatusCodes.BadOutOfService: Quality.UNAVAILABLE,
    # The sensor.
    StatusCodes.BadSensorFailure: Quality.SENSOR_FAULT,
    StatusCodes.BadDeviceFailure: Quality.SENSOR_FAULT,
    StatusCodes.BadNotConnected: Quality.SENSOR_FAULT,
    StatusCodes.BadOutOfRange: Quality.SENSOR_FAULT,
    StatusCodes.BadConfigurationError: Quality.SENSOR_FAULT,
    # The map: what we ask for is not there, or not for us.
    StatusCodes.BadNodeIdUnknown: Quality.CONFIGURATION,
    StatusCodes.BadNodeIdInvalid: Quality.CONFIGURATION,
    StatusCodes.BadAttributeIdInvalid: Quality.CONFIGURATION,
    StatusCodes.BadNotReadable: Quality.CONFIGURATION,
    StatusCodes.BadUserAccessDenied: Quality.CONFIGURATION,
    # The server has lost what is behind it, or goes away itself.
    StatusCodes.BadNoCommunication: Quality.UNREACHABLE,
    StatusCodes.BadCommunicationError: Quality.UNREACHABLE,
    StatusCodes.BadShutdown: Quality.UNREACHABLE,
    StatusCodes.BadServerHalted: Quality.UNREACHABLE,
}

SESSION_LOST = frozenset(
    {
        StatusCodes.BadSessionIdInvalid,
        StatusCodes.BadSessionClosed,
        StatusCodes.BadSessionNotActivated,
        StatusCodes.BadSubscriptionIdInvalid,
        StatusCodes.BadSecureChannelClosed,
        StatusCodes.BadSecureChannelIdInvalid,
        StatusCodes.BadSecureChannelTokenUnknown,
        StatusCodes.BadTcpSecureChannelUnknown,
        StatusCodes.BadConnectionClosed,
        StatusCodes.BadCommunicationError,
        StatusCodes.BadTimeout,
        StatusCodes.BadRequestTimeout,
        StatusCodes.BadShutdown,
        StatusCodes.BadServerHalted,
        StatusCodes.BadServerNotConnected,
        StatusCodes.BadServerTooBusy,
        StatusCodes.BadTcpServerTooBusy,
        StatusCodes.BadTcpNotEnoughResources,
        StatusCodes.BadTooManySessions,
    }
)
"""Service results that a new connection, sooner or later, can cure. The others are a refusal."""


def quality_of(code: int) -> Quality:
    """What a status code means for the value beside it.

    A Good code without a row of its own is GOOD; every other one without a row is UNAVAILABLE, since a doubt
    that nobody has weighed is no ground to judge on. The severity that the standard reserves counts as bad.
    """
    unlisted = Quality.UNAVAILABLE if code & SEVERITY else Quality.GOOD
    return QUALITIES.get(code & CODE, unlisted)


def name_of(code: int) -> str:
    """The standard's name of a status code, with its number: a code of the maker's own has only a family name."""
    name, _ = get_name_and_doc(code & CODE)
    return f"{name} {code:#010x}"
