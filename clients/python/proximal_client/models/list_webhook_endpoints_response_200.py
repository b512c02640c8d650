from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.list_webhook_endpoints_response_200_object import ListWebhookEndpointsResponse200Object
from typing import cast

if TYPE_CHECKING:
  from ..models.open_ai_webhook_endpoint import OpenAIWebhookEndpoint





T = TypeVar("T", bound="ListWebhookEndpointsResponse200")



@_attrs_define
class ListWebhookEndpointsResponse200:
    """ 
        Attributes:
            object_ (ListWebhookEndpointsResponse200Object): What this is.
            data (list[OpenAIWebhookEndpoint]): The items.
            has_more (bool): Whether another page follows.
            first_id (None | str): Id of the first item; null where there is none.
            last_id (None | str): Id of the last item, for after; null where there is none.
     """

    object_: ListWebhookEndpointsResponse200Object
    data: list[OpenAIWebhookEndpoint]
    has_more: bool
    first_id: None | str
    last_id: None | str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        from ..models.open_ai_webhook_endpoint import OpenAIWebhookEndpoint # noqa: PLC0415
        object_ = self.object_.value

        data = []
        for data_item_data in self.data:
            data_item = data_item_data.to_dict()
            data.append(data_item)



        has_more = self.has_more

        first_id: None | str
        first_id = self.first_id

        last_id: None | str
        last_id = self.last_id


        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
            "object": object_,
            "data": data,
            "has_more": has_more,
            "first_id": first_id,
            "last_id": last_id,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.open_ai_webhook_endpoint import OpenAIWebhookEndpoint # noqa: PLC0415
        d = dict(src_dict)
        object_ = ListWebhookEndpointsResponse200Object(d.pop("object"))




        data = []
        _data = d.pop("data")
        for data_item_data in (_data):
            data_item = OpenAIWebhookEndpoint.from_dict(data_item_data)



            data.append(data_item)


        has_more = d.pop("has_more")

        def _parse_first_id(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        first_id = _parse_first_id(d.pop("first_id"))


        def _parse_last_id(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        last_id = _parse_last_id(d.pop("last_id"))


        list_webhook_endpoints_response_200 = cls(
            object_=object_,
            data=data,
            has_more=has_more,
            first_id=first_id,
            last_id=last_id,
        )


        list_webhook_endpoints_response_200.additional_properties = d
        return list_webhook_endpoints_response_200

    @property
    def additional_keys(self) -> list[str]:
        return list(self.additional_properties.keys())

    def __getitem__(self, key: str) -> Any:
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties
