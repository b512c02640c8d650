from http import HTTPStatus
from typing import Any, cast
from urllib.parse import quote

import httpx

from ...client import AuthenticatedClient, Client
from ...types import Response, UNSET
from ... import errors

from ...models.create_dataset_files_body import CreateDatasetFilesBody
from ...models.create_dataset_format import CreateDatasetFormat
from ...models.dataset import Dataset
from ...models.problem import Problem
from ...types import UNSET, Unset
from typing import cast



def _get_kwargs(
    *,
    body: CreateDatasetFilesBody,
    name: str | Unset = UNSET,
    format_: CreateDatasetFormat | Unset = UNSET,
    idempotency_key: str | Unset = UNSET,

) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(idempotency_key, Unset):
        headers["idempotency-key"] = idempotency_key



    

    params: dict[str, Any] = {}

    params["name"] = name

    json_format_: str | Unset = UNSET
    if not isinstance(format_, Unset):
        json_format_ = format_.value

    params["format"] = json_format_


    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}


    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/v1/datasets",
        "params": params,
    }

    _kwargs["files"] = body.to_multipart()

    headers["Content-Type"] = "multipart/form-data; boundary=+++"

    _kwargs["headers"] = headers
    return _kwargs



def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Dataset | Problem | None:
    if response.status_code == 201:
        response_201 = Dataset.from_dict(response.json())



        return response_201

    if response.status_code == 400:
        response_400 = Problem.from_dict(response.json())



        return response_400

    if response.status_code == 401:
        response_401 = Problem.from_dict(response.json())



        return response_401

    if response.status_code == 403:
        response_403 = Problem.from_dict(response.json())



        return response_403

    if response.status_code == 405:
        response_405 = Problem.from_dict(response.json())



        return response_405

    if response.status_code == 408:
        response_408 = Problem.from_dict(response.json())



        return response_408

    if response.status_code == 409:
        response_409 = Problem.from_dict(response.json())



        return response_409

    if response.status_code == 413:
        response_413 = Problem.from_dict(response.json())



        return response_413

    if response.status_code == 415:
        response_415 = Problem.from_dict(response.json())



        return response_415

    if response.status_code == 422:
        response_422 = Problem.from_dict(response.json())



        return response_422

    if response.status_code == 429:
        response_429 = Problem.from_dict(response.json())



        return response_429

    if response.status_code == 500:
        response_500 = Problem.from_dict(response.json())



        return response_500

    if response.status_code == 503:
        response_503 = Problem.from_dict(response.json())



        return response_503

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[Dataset | Problem]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient,
    body: CreateDatasetFilesBody,
    name: str | Unset = UNSET,
    format_: CreateDatasetFormat | Unset = UNSET,
    idempotency_key: str | Unset = UNSET,

) -> Response[Dataset | Problem]:
    """ Send a dataset: JSON lines, CSV or Parquet

     The body is the file as it is, or a form with the file in it (multipart/form-data; fields name and
    format). It is written to the disk while it comes. 422 says what is wrong in it, with lines. A key
    needs the scope `write`.

    Args:
        name (str | Unset): What people call it. Default: the file's name in a form, else dataset.
        format_ (CreateDatasetFormat | Unset): Of the file. Default: what Content-Type or the
            file's name says.
        idempotency_key (str | Unset): Makes the request safe to repeat for 24 hours: the same key
            and request give the stored answer.
        body (CreateDatasetFilesBody):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Dataset | Problem]
     """


    kwargs = _get_kwargs(
        body=body,
name=name,
format_=format_,
idempotency_key=idempotency_key,

    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)

def sync(
    *,
    client: AuthenticatedClient,
    body: CreateDatasetFilesBody,
    name: str | Unset = UNSET,
    format_: CreateDatasetFormat | Unset = UNSET,
    idempotency_key: str | Unset = UNSET,

) -> Dataset | Problem | None:
    """ Send a dataset: JSON lines, CSV or Parquet

     The body is the file as it is, or a form with the file in it (multipart/form-data; fields name and
    format). It is written to the disk while it comes. 422 says what is wrong in it, with lines. A key
    needs the scope `write`.

    Args:
        name (str | Unset): What people call it. Default: the file's name in a form, else dataset.
        format_ (CreateDatasetFormat | Unset): Of the file. Default: what Content-Type or the
            file's name says.
        idempotency_key (str | Unset): Makes the request safe to repeat for 24 hours: the same key
            and request give the stored answer.
        body (CreateDatasetFilesBody):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Dataset | Problem
     """


    return sync_detailed(
        client=client,
body=body,
name=name,
format_=format_,
idempotency_key=idempotency_key,

    ).parsed

async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    body: CreateDatasetFilesBody,
    name: str | Unset = UNSET,
    format_: CreateDatasetFormat | Unset = UNSET,
    idempotency_key: str | Unset = UNSET,

) -> Response[Dataset | Problem]:
    """ Send a dataset: JSON lines, CSV or Parquet

     The body is the file as it is, or a form with the file in it (multipart/form-data; fields name and
    format). It is written to the disk while it comes. 422 says what is wrong in it, with lines. A key
    needs the scope `write`.

    Args:
        name (str | Unset): What people call it. Default: the file's name in a form, else dataset.
        format_ (CreateDatasetFormat | Unset): Of the file. Default: what Content-Type or the
            file's name says.
        idempotency_key (str | Unset): Makes the request safe to repeat for 24 hours: the same key
            and request give the stored answer.
        body (CreateDatasetFilesBody):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Dataset | Problem]
     """


    kwargs = _get_kwargs(
        body=body,
name=name,
format_=format_,
idempotency_key=idempotency_key,

    )

    response = await client.get_async_httpx_client().request(
        **kwargs
    )

    return _build_response(client=client, response=response)

async def asyncio(
    *,
    client: AuthenticatedClient,
    body: CreateDatasetFilesBody,
    name: str | Unset = UNSET,
    format_: CreateDatasetFormat | Unset = UNSET,
    idempotency_key: str | Unset = UNSET,

) -> Dataset | Problem | None:
    """ Send a dataset: JSON lines, CSV or Parquet

     The body is the file as it is, or a form with the file in it (multipart/form-data; fields name and
    format). It is written to the disk while it comes. 422 says what is wrong in it, with lines. A key
    needs the scope `write`.

    Args:
        name (str | Unset): What people call it. Default: the file's name in a form, else dataset.
        format_ (CreateDatasetFormat | Unset): Of the file. Default: what Content-Type or the
            file's name says.
        idempotency_key (str | Unset): Makes the request safe to repeat for 24 hours: the same key
            and request give the stored answer.
        body (CreateDatasetFilesBody):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Dataset | Problem
     """


    return (await asyncio_detailed(
        client=client,
body=body,
name=name,
format_=format_,
idempotency_key=idempotency_key,

    )).parsed
