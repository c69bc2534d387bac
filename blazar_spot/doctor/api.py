# SPDX-License-Identifier: Apache-2.0
"""Whether our API answers where the catalog says that it is, people and Nova's metadata service alike."""

from collections.abc import Iterator

from blazar_spot.core.errors import Forbidden, NotFound, SpotError
from blazar_spot.core.findings import Finding, bad, note, ok
from blazar_spot.doctor.patient import Patient


def health(patient: Patient) -> Iterator[Finding]:
    try:
        patient.surroundings.greet_api()
    except NotFound:
        return  # the catalog's check says so
    except SpotError as error:
        yield bad(
            f"The API is not well: {str(error).rstrip('.')}.",
            "Start blazar_spot.wsgi:application under its WSGI server, and see that the catalog says where.",
        )
    else:
        yield ok("The API says that it is well.")


def vendordata(patient: Patient) -> Iterator[Finding]:
    try:
        patient.surroundings.ask_vendordata()
    except NotFound:
        return  # as above
    except Forbidden:
        yield note(
            "Whether guests can read vendordata cannot be tried: our account may not ask for it.",
            "Give the account in [service_auth] the role service, which Nova's has too.",
        )
    except SpotError as error:
        yield bad(
            f"Guests read nothing in vendor_data2.json: {str(error).rstrip('.')}.",
            "See to the API and its [keystone_authtoken]; notices still stand in the servers' metadata.",
        )
    else:
        yield ok("What guests read in vendor_data2.json is answered.")
