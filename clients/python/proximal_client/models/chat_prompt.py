from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..types import UNSET, Unset
from typing import cast

if TYPE_CHECKING:
  from ..models.any_object import AnyObject
  from ..models.chat_prompt_chat_template_kwargs_type_0 import ChatPromptChatTemplateKwargsType0
  from ..models.chat_prompt_item import ChatPromptItem
  from ..models.chat_prompt_metadata import ChatPromptMetadata
  from ..models.message import Message





T = TypeVar("T", bound="ChatPrompt")



@_attrs_define
class ChatPrompt:
    """ 
        Attributes:
            messages (list[Message]): Laid out by the model's chat template.
            id (str | Unset): Your own name for the prompt; kept, never interpreted.
            tools (list[AnyObject] | None | Unset): Functions that the model may call, as JSON schemas; for templates that
                know tools.
            documents (list[AnyObject] | None | Unset): Texts to answer from; for templates that know documents.
            chat_template_kwargs (ChatPromptChatTemplateKwargsType0 | None | Unset): Further names for the template, such as
                {"enable_thinking": false}.
            answer (str | Unset): The right completion, for exact_match rewards; http and module rewards are told it.
            item (ChatPromptItem | Unset): Any JSON object of your own, which graders see as `item`; http and module rewards
                are told it. Example: {'label': 'yes'}.
            metadata (ChatPromptMetadata | Unset): Up to 16 texts of your own, sent with the prompt's completions to an http
                reward.
     """

    messages: list[Message]
    id: str | Unset = UNSET
    tools: list[AnyObject] | None | Unset = UNSET
    documents: list[AnyObject] | None | Unset = UNSET
    chat_template_kwargs: ChatPromptChatTemplateKwargsType0 | None | Unset = UNSET
    answer: str | Unset = UNSET
    item: ChatPromptItem | Unset = UNSET
    metadata: ChatPromptMetadata | Unset = UNSET





    def to_dict(self) -> dict[str, Any]:
        from ..models.any_object import AnyObject # noqa: PLC0415
        from ..models.chat_prompt_chat_template_kwargs_type_0 import ChatPromptChatTemplateKwargsType0 # noqa: PLC0415
        from ..models.chat_prompt_item import ChatPromptItem # noqa: PLC0415
        from ..models.chat_prompt_metadata import ChatPromptMetadata # noqa: PLC0415
        from ..models.message import Message # noqa: PLC0415
        messages = []
        for messages_item_data in self.messages:
            messages_item = messages_item_data.to_dict()
            messages.append(messages_item)



        id = self.id

        tools: list[dict[str, Any]] | None | Unset
        if isinstance(self.tools, Unset):
            tools = UNSET
        elif isinstance(self.tools, list):
            tools = []
            for tools_type_0_item_data in self.tools:
                tools_type_0_item = tools_type_0_item_data.to_dict()
                tools.append(tools_type_0_item)


        else:
            tools = self.tools

        documents: list[dict[str, Any]] | None | Unset
        if isinstance(self.documents, Unset):
            documents = UNSET
        elif isinstance(self.documents, list):
            documents = []
            for documents_type_0_item_data in self.documents:
                documents_type_0_item = documents_type_0_item_data.to_dict()
                documents.append(documents_type_0_item)


        else:
            documents = self.documents

        chat_template_kwargs: dict[str, Any] | None | Unset
        if isinstance(self.chat_template_kwargs, Unset):
            chat_template_kwargs = UNSET
        elif isinstance(self.chat_template_kwargs, ChatPromptChatTemplateKwargsType0):
            chat_template_kwargs = self.chat_template_kwargs.to_dict()
        else:
            chat_template_kwargs = self.chat_template_kwargs

        answer = self.answer

        item: dict[str, Any] | Unset = UNSET
        if not isinstance(self.item, Unset):
            item = self.item.to_dict()

        metadata: dict[str, Any] | Unset = UNSET
        if not isinstance(self.metadata, Unset):
            metadata = self.metadata.to_dict()


        field_dict: dict[str, Any] = {}

        field_dict.update({
            "messages": messages,
        })
        if id is not UNSET:
            field_dict["id"] = id
        if tools is not UNSET:
            field_dict["tools"] = tools
        if documents is not UNSET:
            field_dict["documents"] = documents
        if chat_template_kwargs is not UNSET:
            field_dict["chat_template_kwargs"] = chat_template_kwargs
        if answer is not UNSET:
            field_dict["answer"] = answer
        if item is not UNSET:
            field_dict["item"] = item
        if metadata is not UNSET:
            field_dict["metadata"] = metadata

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.any_object import AnyObject # noqa: PLC0415
        from ..models.chat_prompt_chat_template_kwargs_type_0 import ChatPromptChatTemplateKwargsType0 # noqa: PLC0415
        from ..models.chat_prompt_item import ChatPromptItem # noqa: PLC0415
        from ..models.chat_prompt_metadata import ChatPromptMetadata # noqa: PLC0415
        from ..models.message import Message # noqa: PLC0415
        d = dict(src_dict)
        messages = []
        _messages = d.pop("messages")
        for messages_item_data in (_messages):
            messages_item = Message.from_dict(messages_item_data)



            messages.append(messages_item)


        id = d.pop("id", UNSET)

        def _parse_tools(data: object) -> list[AnyObject] | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                tools_type_0 = []
                _tools_type_0 = data
                for tools_type_0_item_data in (_tools_type_0):
                    tools_type_0_item = AnyObject.from_dict(tools_type_0_item_data)



                    tools_type_0.append(tools_type_0_item)

                return tools_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(list[AnyObject] | None | Unset, data)

        tools = _parse_tools(d.pop("tools", UNSET))


        def _parse_documents(data: object) -> list[AnyObject] | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                documents_type_0 = []
                _documents_type_0 = data
                for documents_type_0_item_data in (_documents_type_0):
                    documents_type_0_item = AnyObject.from_dict(documents_type_0_item_data)



                    documents_type_0.append(documents_type_0_item)

                return documents_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(list[AnyObject] | None | Unset, data)

        documents = _parse_documents(d.pop("documents", UNSET))


        def _parse_chat_template_kwargs(data: object) -> ChatPromptChatTemplateKwargsType0 | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                chat_template_kwargs_type_0 = ChatPromptChatTemplateKwargsType0.from_dict(data)



                return chat_template_kwargs_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(ChatPromptChatTemplateKwargsType0 | None | Unset, data)

        chat_template_kwargs = _parse_chat_template_kwargs(d.pop("chat_template_kwargs", UNSET))


        answer = d.pop("answer", UNSET)

        _item = d.pop("item", UNSET)
        item: ChatPromptItem | Unset
        if isinstance(_item,  Unset):
            item = UNSET
        else:
            item = ChatPromptItem.from_dict(_item)




        _metadata = d.pop("metadata", UNSET)
        metadata: ChatPromptMetadata | Unset
        if isinstance(_metadata,  Unset):
            metadata = UNSET
        else:
            metadata = ChatPromptMetadata.from_dict(_metadata)




        chat_prompt = cls(
            messages=messages,
            id=id,
            tools=tools,
            documents=documents,
            chat_template_kwargs=chat_template_kwargs,
            answer=answer,
            item=item,
            metadata=metadata,
        )

        return chat_prompt

